import { describe, expect, it } from "vitest";
import { cronOf, spanWords, whenOf, wordsOf } from "./when";

describe("when reports are made", () => {
  it("reads the simple schedules as choices and writes them back", () => {
    for (const cron of ["0 7 * * *", "30 6 * * 1,5", "5 0 1 * *", "0 7 1 * 1", "*/15 * * * *", "0 25 * * *"])
      expect(cronOf(whenOf(cron))).toBe(cron);
  });
  it("knows which choice it is", () => {
    expect(whenOf("0 7 * * *")).toMatchObject({ every: "day", time: "07:00" });
    expect(whenOf("5 7 * * 7,1")).toMatchObject({ every: "week", weekdays: ["0", "1"], time: "07:05" });
    expect(whenOf("0 7 31 * *")).toMatchObject({ every: "month", monthday: "31" });
    expect(whenOf("0 7 1 * 1").every).toBe("cron");
    expect(whenOf("0 25 * * *").every).toBe("cron");
  });
  it("says it in words", () => {
    expect(wordsOf("0 7 * * 0,1")).toBe("Monday, Sunday 07:00");
    expect(wordsOf("0 7 * * *")).toBe("every day 07:00");
    expect(wordsOf("0 7 2 * *")).toBe("day 2 of the month 07:00");
    expect(wordsOf("0 7 1-3 * *")).toBe("0 7 1-3 * *");
    expect(spanWords("now-1w/w", "now/w")).toBe("The week before");
    expect(spanWords("now-3h", "now")).toBe("now-3h to now");
  });
});
