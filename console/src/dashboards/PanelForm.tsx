import { ActionIcon, Autocomplete, Checkbox, NumberInput, SegmentedControl, Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Asked, Kind, Panel, Source } from "../api/dashboards";
import { useFieldList } from "../api/events";
import { RangePick } from "../parts/RangePick";
import { PanelBody } from "./PanelBody";
import { DESK_FIELDS, DESK_FIGURES, KINDS, MEASURES, OPTIONS, shaped } from "./kinds";

interface Props {
  panel: Panel;
  asked: Asked;
  onChange: (panel: Panel) => void;
  onClose: () => void;
}

/** What a panel asks, as a form, with its answer above. */
export function PanelForm({ panel: given, asked, onChange, onClose }: Props) {
  const [panel, setPanel] = useState(given);
  const [settled] = useDebouncedValue(panel, 400);
  const change = (some: Partial<Panel>) => {
    const next = shaped({ ...panel, ...some });
    setPanel(next);
    onChange(next);
  };
  const source = panel.source ?? "events";
  const has = (option: string) => OPTIONS[panel.kind].includes(option);
  const fields = useFields(source, asked);
  return (
    <aside className="dash-form" aria-label="Panel">
      <div style={{ display: "flex", alignItems: "center" }}>
        <b style={{ flex: 1 }}>Panel</b>
        <ActionIcon aria-label="Close the form" onClick={onClose}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      <section className="dash-panel dash-preview" aria-label="Preview">
        <PanelBody panel={settled} asked={asked} onPart={() => undefined} />
      </section>
      <TextInput
        label="Title"
        data-autofocus
        maxLength={120}
        value={panel.title ?? ""}
        onChange={(event) => change({ title: event.currentTarget.value })}
      />
      <Select
        label="Shows"
        data={KINDS}
        value={panel.kind}
        onChange={(kind) => kind && change({ kind: kind as Kind })}
      />
      {panel.kind === "markdown" ? (
        <Textarea
          label="Text, as Markdown"
          minRows={8}
          maxLength={20_000}
          value={panel.text ?? ""}
          onChange={(event) => change({ text: event.currentTarget.value })}
        />
      ) : (
        <>
          <SegmentedControl
            aria-label="Over"
            data={(["events", "alerts", "cases"] as const).map((value) => ({
              value,
              label: value,
              disabled:
                (panel.kind === "map" && value !== "events") || (panel.kind === "attack" && value === "cases"),
            }))}
            value={source}
            onChange={(value) => change({ source: value as Source })}
          />
          <Textarea
            label="Query"
            className="query"
            minRows={1}
            placeholder={source === "events" ? "rule.level:>=7 AND host.name:web-*" : "severity:high"}
            value={panel.query ?? ""}
            onChange={(event) => change({ query: event.currentTarget.value })}
          />
        </>
      )}
      {has("field") && (
        <FieldBox
          label={panel.kind === "map" ? "Field with two-letter country codes" : "Field"}
          fields={fields}
          value={panel.field}
          onChange={(field) => change({ field })}
        />
      )}
      {has("split") && (
        <FieldBox
          label="Split by"
          fields={fields}
          value={panel.split}
          onChange={(split) => change({ split })}
        />
      )}
      {has("x") && (
        <>
          <FieldBox
            label="Across"
            fields={["hour", "weekday", "time", ...fields]}
            value={panel.x ?? "hour"}
            onChange={(x) => change({ x })}
          />
          <FieldBox
            label="Down"
            fields={["hour", "weekday", "time", ...fields]}
            value={panel.y ?? "weekday"}
            onChange={(y) => change({ y })}
          />
        </>
      )}
      {has("measure") && <MeasureBox panel={panel} fields={fields} onChange={change} />}
      {has("columns") && (
        <TagsInput
          label="Columns"
          data={fields}
          limit={20}
          value={panel.columns ?? []}
          onChange={(columns) => change({ columns })}
        />
      )}
      {has("style") && (
        <SegmentedControl
          aria-label="Drawn as"
          data={["bar", "line", "area"]}
          value={panel.style ?? "bar"}
          onChange={(style) => change({ style: style as Panel["style"] })}
        />
      )}
      {has("stacked") && panel.split && (
        <Checkbox
          label="Stacked"
          checked={panel.stacked !== false}
          onChange={(event) => change({ stacked: event.currentTarget.checked })}
        />
      )}
      {has("order") && (
        <SegmentedControl
          aria-label="Order"
          data={["newest", "oldest"]}
          value={panel.order ?? "newest"}
          onChange={(order) => change({ order: order as Panel["order"] })}
        />
      )}
      {has("size") && (panel.kind !== "time" || panel.split) && (
        <NumberInput
          label={panel.kind === "table" ? "Rows" : "How many values"}
          min={1}
          max={50}
          clampBehavior="strict"
          value={panel.size ?? 10}
          onChange={(size) => change({ size: Number(size) || 10 })}
        />
      )}
      {has("compare") && (
        <Checkbox
          label="Compare with the span before"
          checked={panel.compare !== false}
          onChange={(event) => change({ compare: event.currentTarget.checked })}
        />
      )}
      {panel.kind !== "markdown" && (
        <div style={{ display: "flex", gap: 8, alignItems: "center" }}>
          <Checkbox
            label="A time of its own"
            checked={panel.time !== undefined}
            onChange={(event) => change({ time: event.currentTarget.checked ? asked.range : undefined })}
          />
          {panel.time && <RangePick value={panel.time} onPick={(time) => change({ time })} />}
        </div>
      )}
      <Textarea
        label="What it shows, for those who wonder"
        minRows={1}
        maxLength={1000}
        value={panel.description ?? ""}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
    </aside>
  );
}

function useFields(source: Source, asked: Asked): string[] {
  const found = useFieldList(asked.range);
  if (source !== "events") return DESK_FIELDS[source];
  return (found.data?.items ?? []).map((field) => field.name);
}

function FieldBox({
  label,
  fields,
  value,
  onChange,
}: {
  label: string;
  fields: string[];
  value: string | undefined;
  onChange: (value: string) => void;
}) {
  return (
    <Autocomplete
      size="xs"
      label={label}
      data={fields}
      limit={60}
      maxDropdownHeight={260}
      value={value ?? ""}
      onChange={onChange}
      spellCheck={false}
    />
  );
}

function MeasureBox({
  panel,
  fields,
  onChange,
}: {
  panel: Panel;
  fields: string[];
  onChange: (some: Partial<Panel>) => void;
}) {
  const source = panel.source ?? "events";
  const of = panel.measure?.of ?? "count";
  const known = source === "events" || of === "unique" ? fields : DESK_FIGURES[source];
  return (
    <>
      <Select
        label="What is counted or measured"
        data={MEASURES}
        value={of}
        onChange={(next) =>
          onChange({
            measure: !next || next === "count" ? undefined : { of: next, field: panel.measure?.field ?? "" },
          })
        }
      />
      {of !== "count" && (
        <FieldBox
          label="Of the field"
          fields={known}
          value={panel.measure?.field}
          onChange={(field) => onChange({ measure: { of, field } })}
        />
      )}
    </>
  );
}
