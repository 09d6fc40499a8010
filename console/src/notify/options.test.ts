import { expect, test } from "vitest";
import { optionsOf, pairs } from "./options";

const field = (name: string, type: string) => ({ name, type, required: false, secret: false, description: "" });

test("what is typed is read by its type, and what is empty is left out", () => {
  const fields = [field("to", "array"), field("port", "integer"), field("host", "string"), field("x", "string")];
  expect(optionsOf(fields, { to: "a@b.c, d@e.f\n", port: "25", host: " relay ", x: " " })).toEqual({
    to: ["a@b.c", "d@e.f"],
    port: 25,
    host: "relay",
  });
});

test("headers are names and values, a line each", () => {
  expect(pairs("Authorization: Bearer a:b\nX-Team: soc\nnothing")).toEqual({
    Authorization: "Bearer a:b",
    "X-Team": "soc",
  });
});
