import { describe, expect, it } from "vitest";
import { clause, filterFor, filterOut, hasBareOr, narrow, term } from "./lucene";

describe("term", () => {
  it("leaves plain words bare and quotes the rest", () => {
    expect(term("203.0.113.7")).toBe("203.0.113.7");
    expect(term("root")).toBe("root");
    expect(term(22)).toBe("22");
    expect(term(-1)).toBe('"-1"');
    expect(term("two words")).toBe('"two words"');
    expect(term("/etc/passwd")).toBe('"/etc/passwd"');
    expect(term("2001:db8::1")).toBe('"2001:db8::1"');
    expect(term("a*")).toBe('"a*"');
    expect(term("")).toBe('""');
  });

  it("escapes quotes and backslashes", () => {
    expect(term('say "hi"')).toBe('"say \\"hi\\""');
    expect(term("C:\\x")).toBe('"C:\\\\x"');
  });

  it("quotes the words of the language", () => {
    for (const word of ["AND", "OR", "NOT", "TO"]) expect(term(word)).toBe(`"${word}"`);
  });
});

describe("filters", () => {
  it("start a query and narrow one", () => {
    expect(filterFor("", "user.name", "root")).toBe("user.name:root");
    expect(filterFor("*", "user.name", "root")).toBe("user.name:root");
    expect(filterFor("a:1", "user.name", "root")).toBe("a:1 AND user.name:root");
    expect(filterOut("a:1", "user.name", "root")).toBe("a:1 AND NOT user.name:root");
  });

  it("bracket a query whose OR would reach over the new clause", () => {
    expect(filterFor("a:1 OR b:2", "c", 3)).toBe("(a:1 OR b:2) AND c:3");
    expect(filterFor("(a:1 OR b:2)", "c", 3)).toBe("(a:1 OR b:2) AND c:3");
    expect(filterFor('"x OR y"', "c", 3)).toBe('"x OR y" AND c:3');
  });

  it("are not added twice", () => {
    expect(narrow("a:1 AND b:2", "b:2")).toBe("a:1 AND b:2");
    expect(narrow("a:1", "a:1")).toBe("a:1");
  });

  it("take several values as any of them", () => {
    expect(clause("rule.groups", ["sshd", "two words"])).toBe('rule.groups:(sshd OR "two words")');
    expect(clause("rule.groups", ["sshd"])).toBe("rule.groups:sshd");
  });
});

describe("hasBareOr", () => {
  it("sees OR only outside brackets and quotes", () => {
    expect(hasBareOr("a OR b")).toBe(true);
    expect(hasBareOr("a || b")).toBe(true);
    expect(hasBareOr("(a OR b) AND c")).toBe(false);
    expect(hasBareOr('m:"a OR b"')).toBe(false);
    expect(hasBareOr("ORACLE")).toBe(false);
  });
});
