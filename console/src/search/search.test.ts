import { describe, expect, it } from "vitest";
import type { SearchDocument, TocsinEvent } from "../api/types";
import { EMPTY, taken } from "./buffer";
import { moved, nextSort, readWidths, toggled, writeWidths } from "./columns";
import { completed, fieldChoices, operatorChoices, typingAt, valueChoices } from "./complete";
import { isSame, paramsOf } from "./document";
import { LineCounter } from "./download";
import { closed, landed, loadTabs, MOST_TABS, noted, opened, saveTabs, type Tabs, titleOf } from "./tabs";

describe("columns", () => {
  it("are added before the message and taken out", () => {
    expect(toggled(["host.name", "message"], "user.name")).toEqual(["host.name", "user.name", "message"]);
    expect(toggled(["host.name"], "message")).toEqual(["host.name", "message"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
    expect(toggled(["message", "a"], "b")).toEqual(["message", "a", "b"]);
  });

  it("are moved to a place, not beyond the ends", () => {
    expect(moved(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], "c", -3)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b"], "a", 9)).toEqual(["b", "a"]);
  });

  it("have widths in the address, within bounds", () => {
    expect(readWidths(["host.name:120", "a:b:9", "x", "y:nan", ":5"])).toEqual({ "host.name": 120, "a:b": 48 });
    expect(writeWidths({ "host.name": 120 })).toEqual(["host.name:120"]);
  });

  it("sort from the greatest, from the least, and then by time again", () => {
    expect([nextSort("", "a"), nextSort("-a", "a"), nextSort("a", "a"), nextSort("-b", "a")]).toEqual([
      "-a",
      "a",
      "",
      "-a",
    ]);
  });
});

describe("what is typed", () => {
  const at = (text: string) => typingAt(text.replace("|", ""), text.indexOf("|"));

  it("is a field at the start and after an operator or bracket", () => {
    expect(at("us|")).toMatchObject({ kind: "field", typed: "us", start: 0, end: 2 });
    expect(at("a:1 AND us|er x")).toMatchObject({ kind: "field", typed: "us", start: 8, end: 12 });
    expect(at("(host|")).toMatchObject({ kind: "field", typed: "host", start: 1 });
    expect(at("-host|")).toMatchObject({ kind: "field", typed: "host", start: 1 });
    expect(at("|")).toMatchObject({ kind: "field", typed: "" });
  });

  it("is a value behind a field", () => {
    expect(at("user.name:ro|ot AND x")).toMatchObject({ kind: "value", field: "user.name", typed: "ro", end: 14 });
    expect(at('user.name:"two wo|')).toMatchObject({ kind: "value", field: "user.name", typed: "two wo" });
    expect(at("user.name:(ro|")).toMatchObject({ kind: "value", field: "user.name", typed: "ro" });
  });

  it("is an operator behind a condition, and nothing within quotes or a range", () => {
    expect(at("a:1 A|")).toMatchObject({ kind: "operator", typed: "A" });
    expect(at('"failed pass|')).toMatchObject({ kind: "none" });
    expect(at("rule.level:[7 |")).toMatchObject({ kind: "operator" });
  });
});

describe("choices", () => {
  const fields = [
    { name: "event.source", type: "keyword", count: 900 },
    { name: "source.ip", type: "ip", count: 5, aliases: ["data.srcip"] },
    { name: "source.port", type: "long", count: 50 },
  ];

  it("of fields begin with those that begin so, then the frequent ones", () => {
    expect(fieldChoices(fields, "so").map((one) => one.label)).toEqual(["source.port", "source.ip", "event.source"]);
    expect(fieldChoices(fields, "srcip").map((one) => one.text)).toEqual(["source.ip:"]);
    expect(fieldChoices(fields, "zzz")).toEqual([]);
  });

  it("of operators and of values fit what is typed", () => {
    expect(operatorChoices("a").map((one) => one.text)).toEqual(["AND "]);
    expect(valueChoices([{ value: "two words", count: 3 }], "keyword", "t").map((one) => one.text)).toEqual([
      '"two words" ',
    ]);
    expect(valueChoices([{ value: "web-01", count: 3 }], "keyword", "DB")).toEqual([]);
    expect(valueChoices([], "long", "").map((one) => one.text)).toContain(">=");
  });

  it("take the place of the word", () => {
    const text = "a:1 AND us x";
    expect(completed(text, typingAt(text, 10), { text: "user.name:", note: "" })).toEqual({
      text: "a:1 AND user.name: x",
      at: 18,
    });
    expect(completed("u:ro y", typingAt("u:ro y", 4), { text: "root ", note: "" })).toEqual({
      text: "u:root y",
      at: 7,
    });
  });
});

describe("the buffer of the live tail", () => {
  const answer = (ids: string[], more = {}) => ({
    items: ids.map((id) => ({ id }) as TocsinEvent),
    commit: 1,
    more: false,
    dropped: 0,
    skipped: 0,
    ...more,
  });

  it("shows the newest first, holds so many, and counts what it let go", () => {
    const one = taken(EMPTY, answer(["a", "b"]), 3);
    const two = taken(one, answer(["c", "d"], { dropped: 5, skipped: 2 }), 3);
    expect(two.rows.map((row) => row.id)).toEqual(["d", "c", "b"]);
    expect(two).toMatchObject({ received: 4, dropped: 5, forgotten: 1, skipped: 2 });
  });
});

describe("tabs", () => {
  const two: Tabs = { items: [{ id: "1", params: "q=a" }, { id: "2", params: "q=b" }], at: "1" };

  it("are kept: a link opens one of its own, or goes to the one that shows it", () => {
    expect(landed(null, "q=x", "9")).toEqual({ items: [{ id: "9", params: "q=x" }], at: "9" });
    expect(landed(two, "", "9")).toEqual(two);
    expect(landed(two, "q=b", "9").at).toBe("2");
    expect(landed(two, "q=c", "9")).toMatchObject({ at: "9", items: [{ id: "1" }, { id: "2" }, { id: "9" }] });
  });

  it("close to their neighbour, the last one never", () => {
    expect(closed(two, "1")).toEqual({ items: [{ id: "2", params: "q=b" }], at: "2" });
    expect(closed(two, "2").at).toBe("1");
    const one = closed(two, "2");
    expect(closed(one, "1")).toEqual(one);
  });

  it("are not more than so many, and remember what they show", () => {
    let many = two;
    for (let n = 0; n < 20; n++) many = opened(many, `q=${n}`, `n${n}`);
    expect(many.items).toHaveLength(MOST_TABS);
    expect(noted(two, "q=z").items[0]?.params).toBe("q=z");
    expect(titleOf("q=user.name%3Aroot")).toBe("user.name:root");
    expect(titleOf("from=now-1h")).toBe("All events");
  });

  it("come back from the storage, unless it holds something else", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    saveTabs(storage, two);
    expect(loadTabs(storage)).toEqual(two);
    for (const wrong of ["{", "1", '{"items":[],"at":"1"}', '{"items":[{"id":1}],"at":"1"}']) {
      expect(loadTabs({ getItem: () => wrong })).toBeNull();
    }
  });
});

describe("a saved search", () => {
  const search: SearchDocument = {
    q: "a:1",
    from: "now-24h",
    to: "now",
    order: "newest",
    sort: "-rule.level",
    columns: ["host.name", "rule.id", "message"],
    widths: { a: 100, b: 200 },
    interval: "",
    by: "",
  };

  it("becomes an address without what is at its default", () => {
    expect(paramsOf(search)).toMatchObject({ q: "a:1", from: null, col: null, sort: "-rule.level", w: ["a:100", "b:200"] });
  });

  it("is the same whatever the order of its widths", () => {
    expect(isSame(search, { ...search, widths: { b: 200, a: 100 } })).toBe(true);
    expect(isSame(search, { ...search, columns: ["message"] })).toBe(false);
  });
});

describe("a file that comes in pieces", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it("is counted by lines, in CSV not by those within quotes", () => {
    const jsonl = new LineCounter(false);
    jsonl.take(bytes('{"a":"b\\n"}\n{'));
    jsonl.take(bytes("}\n"));
    expect(jsonl.events).toBe(2);
    const csv = new LineCounter(true);
    csv.take(bytes('a,b\r\n1,"x\n'));
    csv.take(bytes('y ""q"" z"\r\n2,\r\n'));
    expect(csv.events).toBe(2);
  });
});
