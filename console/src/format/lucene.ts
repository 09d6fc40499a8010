/** Write a value so that the query language reads it back as that value. */
export function term(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") {
    return typeof value === "number" && value < 0 ? `"${value}"` : String(value);
  }
  const text = String(value);
  if (/^[A-Za-z0-9_][\w.@-]*$/.test(text) && !/^(AND|OR|NOT|TO)$/.test(text)) return text;
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

export function clause(field: string, value: unknown, exclude = false): string {
  const values = Array.isArray(value) ? value : [value];
  const text = `${field}:${values.length === 1 ? term(values[0]) : `(${values.map(term).join(" OR ")})`}`;
  return exclude ? `NOT ${text}` : text;
}

/** Does the query have an OR outside brackets and quotes, so that adding a clause needs brackets? */
export function hasBareOr(query: string): boolean {
  let depth = 0;
  for (const token of query.match(/"(?:\\.|[^"\\])*"|[()]|[^\s()"]+/g) ?? []) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (depth === 0 && (token === "OR" || token === "||")) return true;
  }
  return false;
}

/** Narrow a query by one more clause; a clause already there is not added twice. */
export function narrow(query: string, extra: string): string {
  const base = query.trim();
  if (!base || base === "*") return extra;
  if (base === extra || base.split(" AND ").includes(extra)) return base;
  return `${hasBareOr(base) ? `(${base})` : base} AND ${extra}`;
}

export function filterFor(query: string, field: string, value: unknown): string {
  return narrow(query, clause(field, value));
}

export function filterOut(query: string, field: string, value: unknown): string {
  return narrow(query, clause(field, value, true));
}
