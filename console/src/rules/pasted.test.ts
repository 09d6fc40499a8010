import { expect, test } from "vitest";
import { eventOf } from "./pasted";

test("nested fields are flattened, lists kept, the message taken out", () => {
  expect(eventOf('{"user": {"name": "eve"}, "tags": ["a"], "message": "hi"}')).toEqual({
    fields: { "user.name": "eve", tags: ["a"] },
    message: "hi",
  });
});

test("an event as the API or Elasticsearch gives it is understood", () => {
  expect(eventOf('{"id": "x~1", "fields": {"a.b": 1}, "message": "m"}').fields).toEqual({ "a.b": 1 });
  expect(eventOf('{"_id": "1", "_source": {"a": {"b": 1}}}').fields).toEqual({ "a.b": 1 });
});

test("a line of text is a message", () => {
  expect(eventOf("Failed password for eve")).toEqual({ fields: {}, message: "Failed password for eve" });
});

test("JSON that is broken is refused", () => {
  expect(() => eventOf("{nope")).toThrow(SyntaxError);
});
