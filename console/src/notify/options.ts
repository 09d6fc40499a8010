import type { ChannelField } from "../api/types";

/** Read what was typed as the option's type wants it; empty texts are left out. */
export function optionsOf(fields: ChannelField[], typed: Record<string, string>): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const field of fields) {
    const text = (typed[field.name] ?? "").trim();
    if (text) options[field.name] = optionOf(field, text);
  }
  return options;
}

function optionOf(field: ChannelField, text: string): unknown {
  if (field.type === "array") {
    return text
      .split(/[,\n]/)
      .map((one) => one.trim())
      .filter(Boolean);
  }
  if (field.type === "integer" || field.type === "number") return Number(text);
  if (field.type === "boolean") return text === "true";
  if (field.type === "object") return pairs(text);
  return text;
}

/** `name: value`, a line each. */
export function pairs(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) found[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return found;
}
