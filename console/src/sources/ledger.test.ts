import { expect, it } from "vitest";
import { ledger, matches, sum } from "./ledger";

it("accounts for every record received", () => {
  expect(ledger({ received: 10, stored: 6, duplicates: 1, refused: 2 })).toEqual({
    accounted: 9,
    missing: 1,
  });
  expect(ledger({ received: 5, stored: 6, duplicates: 0, refused: 0 }).missing).toBe(0);
});

it("adds sources up", () => {
  const one = { received: 10, stored: 6, duplicates: 1, refused: 2, lost: 1 };
  expect(sum([one, one])).toEqual({
    received: 20,
    stored: 12,
    duplicates: 2,
    refused: 4,
    lost: 2,
    missing: 2,
  });
});

it("finds a source by words in any order", () => {
  const source = { id: "beats:web1:filebeat", name: "web1:filebeat", kind: "beats" };
  expect(matches(source, "FILE web1")).toBe(true);
  expect(matches(source, "web2")).toBe(false);
  expect(matches(source, "")).toBe(true);
});
