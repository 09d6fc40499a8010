import { Button, Checkbox, MultiSelect, SegmentedControl, Select, TagsInput, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useChange } from "../../api/changes";
import { api } from "../../api/client";
import { type Dashboard, ZONE } from "../../api/dashboards";
import { type Format, type Plan, REPORTS, type Schedule, usePreview, useSchedules } from "../../api/reports";
import { Time } from "../../parts/Time";
import { SPANS } from "./when";
import { WhenFields } from "./WhenFields";

const ZONES = Intl.supportedValuesOf("timeZone");
const OTHER = "other";

interface Props {
  dashboard: Dashboard;
  filters: string[];
  /** None: a new one. */
  schedule?: Schedule;
  onClose: () => void;
}

export function ScheduleForm({ dashboard, filters, schedule, onClose }: Props) {
  const [plan, setPlan] = useState<Plan>(() => planOf(schedule) ?? fresh(dashboard, filters));
  const set = (change: Partial<Plan>) => setPlan((old) => ({ ...old, ...change }));
  const channels = useSchedules(dashboard.id).data?.channels ?? [];
  const path = `/dashboards/${dashboard.id}/schedules`;
  const save = useChange(
    () =>
      schedule
        ? api.patch(`${path}/${schedule.id}`, { ...plan, version: schedule.version })
        : api.post(path, plan),
    [REPORTS],
  );
  return (
    <form
      className="reports-form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined, { onSuccess: onClose });
      }}
    >
      <TextInput
        label="Name"
        description="In lists, messages and file names"
        required
        maxLength={120}
        data-autofocus
        value={plan.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <WhenFields cron={plan.cron} onChange={(cron) => set({ cron })} />
      <Select
        label="Time zone"
        searchable
        allowDeselect={false}
        data={ZONES.includes(plan.zone) ? ZONES : [plan.zone, ...ZONES]}
        value={plan.zone}
        onChange={(zone) => zone && set({ zone })}
      />
      <SpanFields plan={plan} set={set} />
      <Preview dashboard={dashboard.id} plan={plan} />
      <fieldset>
        <legend>Form</legend>
        <SegmentedControl
          data={[
            { value: "pdf", label: "PDF" },
            { value: "png", label: "Picture (PNG)" },
            { value: "html", label: "Page (HTML)" },
          ]}
          value={plan.format}
          onChange={(format) => set({ format: format as Format })}
        />
      </fieldset>
      <TagsInput
        label="Only events that match all of these queries"
        value={plan.filters}
        splitChars={[]}
        onChange={(value) => set({ filters: value })}
      />
      <MultiSelect
        label="Send to"
        description={
          channels.length
            ? "Mail takes the file along, other channels a link"
            : "There are no channels yet: an administrator adds them under Notifications"
        }
        data={channels.map((one) => ({ value: one.name, label: `${one.name} (${one.label})` }))}
        value={plan.channels}
        onChange={(value) => set({ channels: value })}
      />
      <Checkbox
        label="Keep the file here"
        checked={plan.keep}
        onChange={(event) => set({ keep: event.currentTarget.checked })}
      />
      <div className="reports-do">
        <Button type="submit" variant="filled" loading={save.isPending}>
          {schedule ? "Save" : "Add schedule"}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </div>
    </form>
  );
}

function SpanFields({ plan, set }: { plan: Plan; set: (change: Partial<Plan>) => void }) {
  const value = `${plan.from}|${plan.to}`;
  const isKnown = SPANS.some((span) => span.value === value);
  const [isOther, setOther] = useState(!isKnown);
  return (
    <>
      <Select
        label="Over which time"
        allowDeselect={false}
        data={[...SPANS, { value: OTHER, label: "Another" }]}
        value={isOther ? OTHER : value}
        onChange={(chosen) => {
          setOther(chosen === OTHER);
          const [from = "", to = ""] = chosen && chosen !== OTHER ? chosen.split("|") : ["now-24h", "now"];
          set({ from, to });
        }}
      />
      {isOther && (
        <div className="reports-row">
          <TextInput label="From" required value={plan.from} onChange={(event) => set({ from: event.currentTarget.value })} />
          <TextInput label="To" required value={plan.to} onChange={(event) => set({ to: event.currentTarget.value })} />
        </div>
      )}
    </>
  );
}

/** What the choices come to, or why they come to nothing. */
function Preview({ dashboard, plan }: { dashboard: string; plan: Plan }) {
  const [{ cron, zone, from, to }] = useDebouncedValue(plan, 300);
  const { data, error } = usePreview(dashboard, { cron, zone, from, to });
  return (
    <p className="dim reports-preview" aria-live="polite">
      {error ? (
        <span className="reports-bad">{error.message}</span>
      ) : data ? (
        <>
          Next <Time at={data.next[0]} as="full" />, of <Time at={data.from} /> to <Time at={data.to} />; then{" "}
          <Time at={data.next[1]} />, <Time at={data.next[2]} />
        </>
      ) : (
        "…"
      )}
    </p>
  );
}

function fresh(dashboard: Dashboard, filters: string[]): Plan {
  return {
    name: dashboard.title,
    cron: "0 7 * * 1",
    zone: ZONE,
    from: "now-1w/w",
    to: "now/w",
    format: "pdf",
    filters,
    channels: [],
    keep: true,
    enabled: true,
  };
}

function planOf(one: Schedule | undefined): Plan | undefined {
  if (!one) return undefined;
  const { name, cron, zone, from, to, format, filters, channels, keep, enabled } = one;
  return { name, cron, zone, from, to, format, filters, channels, keep, enabled };
}
