import type { Json, TocsinEvent } from "../api/types";

/** An event of the log as text to paste and change. */
export function pasted(event: Pick<TocsinEvent, "fields" | "message">): string {
  return JSON.stringify({ ...(event.fields as object), message: event.message }, null, 1);
}

function flat(value: unknown, name: string, out: Record<string, unknown>) {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value)) flat(inner, name ? `${name}.${key}` : key, out);
  } else {
    out[name] = value;
  }
}

/** What was pasted as the server reads it: flat fields and a message; text that is no JSON is the message. */
export function eventOf(text: string): { fields: Json; message: string } {
  if (!text.trim().startsWith("{")) return { fields: {}, message: text };
  const given = JSON.parse(text) as Record<string, unknown>;
  const { message, ...rest } = (given._source ?? given) as Record<string, unknown>;
  const inner = rest.fields && typeof rest.fields === "object" && !Array.isArray(rest.fields) ? rest.fields : rest;
  const fields: Record<string, unknown> = {};
  flat(inner, "", fields);
  return { fields: fields as Json, message: typeof message === "string" ? message : "" };
}
