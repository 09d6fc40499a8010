/** The form beside the code: it reads and writes the few lines of the YAML it knows, and leaves the rest alone. */

export interface FormField {
  key: string;
  label: string;
  choices?: string[];
}

const SIGMA: FormField[] = [
  { key: "title", label: "Title" },
  { key: "description", label: "Description" },
  { key: "level", label: "Level", choices: ["informational", "low", "medium", "high", "critical"] },
  { key: "status", label: "Status", choices: ["experimental", "test", "stable", "deprecated", "unsupported"] },
];
const ELASTALERT: FormField[] = [
  { key: "name", label: "Name" },
  { key: "description", label: "Description" },
  {
    key: "type",
    label: "Type",
    choices: [
      "any",
      "blacklist",
      "whitelist",
      "change",
      "frequency",
      "spike",
      "flatline",
      "new_term",
      "cardinality",
      "metric_aggregation",
      "percentage_match",
      "spike_aggregation",
    ],
  },
  { key: "query_key", label: "One alert for each" },
  { key: "num_events", label: "Events" },
];

export const fieldsOf = (text: string): FormField[] =>
  /^(detection|correlation|logsource):/m.test(text) ? SIGMA : ELASTALERT;

const lineOf = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, "m");

/** The value of a top-level key on one line; null when it is absent or spans several. */
export function read(text: string, key: string): string | null {
  const found = lineOf(key).exec(text);
  if (!found) return "";
  const value = (found[1] ?? "").trim();
  if (value === "" || /^[|>[{&*!]/.test(value)) return null;
  const rest = text.slice(found.index + found[0].length + 1);
  if (/^[ \t]+\S/.test(rest)) return null; // goes on in the next line
  const quoted = /^(["'])(.*)\1$/.exec(value);
  if (!quoted) return value.replace(/\s+#.*$/, "");
  return quoted[1] === "'" ? (quoted[2] ?? "").replaceAll("''", "'") : (quoted[2] ?? "").replaceAll(/\\(["\\])/g, "$1");
}

/** Text as a YAML scalar: plain where that is safe. */
export function scalar(value: string): string {
  const plain =
    /^[A-Za-z0-9_/][^:#\n]*$/.test(value) &&
    value.trim() === value &&
    !/^(true|false|null|yes|no|on|off|~)$/i.test(value);
  return plain ? value : `'${value.replaceAll("'", "''").replaceAll(/\s*\n\s*/g, " ")}'`;
}

/** The text with a top-level key set; emptied, its line is taken out. */
export function write(text: string, key: string, value: string): string {
  const found = lineOf(key).exec(text);
  if (!value) return found ? text.slice(0, found.index) + text.slice(found.index + found[0].length + 1) : text;
  const line = `${key}: ${scalar(value)}`;
  if (found) return text.slice(0, found.index) + line + text.slice(found.index + found[0].length);
  const end = text.indexOf("\n");
  return end < 0 ? `${text}\n${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`;
}
