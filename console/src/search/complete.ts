import { term } from "../format/lucene";

/** What stands at the place where someone types. */
export interface Typing {
  kind: "field" | "value" | "operator" | "none";
  /** Where the word begins and ends that a choice replaces. */
  start: number;
  end: number;
  /** What is typed of it so far. */
  typed: string;
  /** The field whose value is typed. */
  field: string;
}

const FIELD = /(?:^|[\s(+\-!])([\w@][\w.@-]*):(\(?)([^\s:()[\]{}"]*|"[^"]*)$/;
const WORD = /(?:^|[\s(+\-!])([\w@][\w.@-]*|)$/;

/** Say what is typed at `at`: the name of a field, a value of one, or a place for AND, OR, NOT. */
export function typingAt(text: string, at: number): Typing {
  const before = text.slice(0, at);
  const none: Typing = { kind: "none", start: at, end: at, typed: "", field: "" };
  const value = FIELD.exec(before);
  if (value) {
    const typed = value[3] ?? "";
    return {
      kind: "value",
      start: at - typed.length,
      end: at + (/^[^\s()]*/.exec(text.slice(at))?.[0].length ?? 0),
      typed: typed.replace(/^"/, ""),
      field: value[1] ?? "",
    };
  }
  if (((before.match(/(?<!\\)"/g) ?? []).length & 1) === 1) return none;
  const word = WORD.exec(before);
  if (!word) return none;
  const typed = word[1] ?? "";
  const start = at - typed.length;
  const isAfterCondition = /[^\s(]\s+$/.test(before.slice(0, start)) && !/(AND|OR|NOT|&&|\|\|)\s+$/.test(before.slice(0, start));
  return {
    kind: isAfterCondition ? "operator" : "field",
    start,
    end: at + (/^[\w.@-]*/.exec(text.slice(at))?.[0].length ?? 0),
    typed,
    field: "",
  };
}

export interface Choice {
  /** What is put in place of the word. */
  text: string;
  /** What is shown, where it is not the text. */
  label?: string;
  note: string;
}

interface Named {
  name: string;
  type: string;
  count: number;
  aliases?: string[];
}

const OPERATORS: Choice[] = [
  { text: "AND ", note: "both must hold" },
  { text: "OR ", note: "one of them must hold" },
  { text: "NOT ", note: "what follows must not hold" },
];

/** Fields whose name has what is typed, those that begin so first, then the more frequent ones. */
export function fieldChoices(fields: Named[], typed: string, most = 12): Choice[] {
  const wanted = typed.toLowerCase();
  const rank = ({ name, aliases = [] }: Named) => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.split(".").some((part) => part.startsWith(wanted))) return 1;
    if (lower.includes(wanted)) return 2;
    return aliases.some((alias) => alias.toLowerCase().includes(wanted)) ? 3 : -1;
  };
  return fields
    .map((field) => ({ field, rank: rank(field) }))
    .filter((one) => one.rank >= 0)
    .sort((a, b) => a.rank - b.rank || b.field.count - a.field.count)
    .slice(0, most)
    .map(({ field }) => ({ text: `${field.name}:`, label: field.name, note: field.type }));
}

export function operatorChoices(typed: string): Choice[] {
  return OPERATORS.filter(({ text }) => text.startsWith(typed.toUpperCase()));
}

const RANGES: Record<string, Choice[]> = {
  long: [
    { text: ">=", note: "at least" },
    { text: "<", note: "below" },
    { text: "[1 TO 9]", note: "from, to" },
  ],
  ip: [{ text: "10.0.0.0/8", note: "a network" }],
  date: [{ text: "[now-1h TO now]", note: "a span" }],
};

/** Values to choose from, then the operators that the field's type has. */
/** Values that begin as typed; of `values`, some may be left from when less was typed. */
export function valueChoices(values: { value: unknown; count: number }[], type: string, typed: string): Choice[] {
  const found = values
    .filter(({ value }) => String(value).toLowerCase().startsWith(typed.toLowerCase()))
    .map(({ value, count }) => ({
      text: `${term(value)} `,
      label: String(value),
      note: `${count.toLocaleString("en-GB")} events`,
    }));
  if (typed) return found;
  const kind = type === "double" ? "long" : type;
  return [...found, ...(RANGES[kind] ?? []), { text: "* ", note: "any value" }];
}

/** Put a choice into the text; return the text and where the cursor stands then. */
export function completed(text: string, typing: Typing, choice: Choice): { text: string; at: number } {
  const head = text.slice(0, typing.start) + choice.text;
  const rest = text.slice(typing.end);
  return { text: head + (head.endsWith(" ") ? rest.trimStart() : rest), at: head.length };
}
