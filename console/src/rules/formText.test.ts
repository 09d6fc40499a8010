import { expect, test } from "vitest";
import { fieldsOf, read, scalar, write } from "./formText";

const SIGMA = `title: Odd shell
description: 'it''s odd'
level: high # for now
detection:
  level: not this one
tags:
  - attack.execution
references: |
  a
`;

test("a value is read from its line, without quotes and comment", () => {
  expect(read(SIGMA, "title")).toBe("Odd shell");
  expect(read(SIGMA, "description")).toBe("it's odd");
  expect(read(SIGMA, "level")).toBe("high");
  expect(read(SIGMA, "status")).toBe("");
});

test("what spans lines is left to the code", () => {
  expect(read(SIGMA, "references")).toBeNull();
  expect(read(SIGMA, "tags")).toBeNull();
  expect(read("a: one\n  two\n", "a")).toBeNull();
});

test("writing changes one line and nothing else", () => {
  expect(write(SIGMA, "level", "low")).toBe(SIGMA.replace("level: high # for now", "level: low"));
  expect(write(SIGMA, "status", "test").split("\n")[1]).toBe("status: test");
  expect(write(SIGMA, "level", "")).not.toMatch(/^level:/m);
});

test("text that YAML would read otherwise is quoted, and read back as it was", () => {
  for (const value of ["it's: so", "true", "# no", "- a", "5712", "plain words"]) {
    expect(read(`name: ${scalar(value)}\n`, "name")).toBe(value);
  }
  expect(scalar("plain words")).toBe("plain words");
});

test("the fields are those of the kind of rule", () => {
  expect(fieldsOf(SIGMA)[0]?.key).toBe("title");
  expect(fieldsOf("type: any\nname: x\n")[0]?.key).toBe("name");
});
