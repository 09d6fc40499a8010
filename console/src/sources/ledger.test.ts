import { expect, it } from "vitest";
import { ledger } from "./ledger";

it("accounts for every record received", () => {
  expect(ledger({ received: 10, stored: 6, duplicates: 1, refused: 2 })).toEqual({
    accounted: 9,
    missing: 1,
  });
  expect(ledger({ received: 5, stored: 6, duplicates: 0, refused: 0 }).missing).toBe(0);
});
