import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gatherer } from "./stream";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("refetches once for many announcements, and only what they name", () => {
  const asked: unknown[] = [];
  const gather = gatherer({ invalidateQueries: async (filter) => void asked.push(filter?.queryKey) }, 100);
  for (let i = 0; i < 50; i += 1) gather.tell("agent");
  gather.tell("unheard-of");
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(asked).toEqual([["agents"]]);
  gather.tell("alert");
  vi.advanceTimersByTime(100);
  expect(asked).toContainEqual(["alerts"]);
  expect(asked).toContainEqual(["overview"]);
});
