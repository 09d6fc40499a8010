import { MultiSelect, NumberInput, SegmentedControl, TextInput } from "@mantine/core";
import { useState } from "react";
import { cronOf, type Every, WEEKDAYS, type When, whenOf } from "./when";

/** When: each day, on weekdays, on a day of the month, or as cron says. */
export function WhenFields({ cron, onChange }: { cron: string; onChange: (cron: string) => void }) {
  const [when, setWhen] = useState<When>(() => whenOf(cron));
  const set = (change: Partial<When>) => {
    const next = { ...when, ...change };
    setWhen(next);
    onChange(cronOf(next));
  };
  return (
    <fieldset>
      <legend>When</legend>
      <SegmentedControl
        data={[
          { value: "day", label: "Daily" },
          { value: "week", label: "Weekly" },
          { value: "month", label: "Monthly" },
          { value: "cron", label: "Cron" },
        ]}
        value={when.every}
        onChange={(every) => set({ every: every as Every, cron: cronOf(when) })}
      />
      <div className="reports-row">
        {when.every === "week" && (
          <MultiSelect
            label="On"
            required
            data={WEEKDAYS}
            value={when.weekdays}
            onChange={(weekdays) => weekdays.length && set({ weekdays })}
          />
        )}
        {when.every === "month" && (
          <NumberInput
            label="Day of the month"
            description="After the 28th, months without it are left out"
            min={1}
            max={31}
            value={Number(when.monthday)}
            onChange={(day) => set({ monthday: String(day || 1) })}
          />
        )}
        {when.every === "cron" ? (
          <TextInput
            label="Minute, hour, day, month, weekday"
            required
            className="mono"
            value={when.cron}
            onChange={(event) => set({ cron: event.currentTarget.value })}
          />
        ) : (
          <TextInput
            label="At"
            type="time"
            required
            value={when.time}
            onChange={(event) => event.currentTarget.value && set({ time: event.currentTarget.value })}
          />
        )}
      </div>
    </fieldset>
  );
}
