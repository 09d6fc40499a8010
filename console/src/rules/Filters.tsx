import { Autocomplete, Select } from "@mantine/core";
import type { Rule } from "../api/types";
import { words } from "../format/words";
import { QueryBox } from "../parts/QueryBox";
import { choices, type RuleFilter, STATES } from "./filters";

interface Props {
  rules: Rule[];
  filter: RuleFilter;
  onChange: (change: Partial<RuleFilter>) => void;
}

/** What narrows the list; all of it stands in the address. */
export function Filters({ rules, filter, onChange }: Props) {
  const known = choices(rules);
  const pick = (name: keyof RuleFilter, label: string, values: string[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      w={130}
      clearable
      searchable={values.length > 12}
      data={values.map((value) => ({ value, label: words(value) }))}
      value={filter[name] || null}
      onChange={(value) => onChange({ [name]: value ?? "" })}
    />
  );
  return (
    <div className="toolbar">
      <QueryBox
        value={filter.q}
        onRun={(q) => onChange({ q })}
        placeholder="Part of a name, id or path, then Enter"
      />
      {pick("kind", "Kind", known.kinds)}
      {pick("level", "Level", known.levels)}
      {pick("health", "Health", STATES)}
      <Autocomplete
        aria-label="Log source"
        placeholder="Log source"
        size="xs"
        w={190}
        limit={30}
        data={known.logsources}
        value={filter.logsource}
        onChange={(logsource) => onChange({ logsource })}
      />
      <Autocomplete
        aria-label="Tag or technique"
        placeholder="Tag, such as t1059"
        size="xs"
        w={150}
        data={[]}
        value={filter.tag}
        onChange={(tag) => onChange({ tag })}
      />
    </div>
  );
}
