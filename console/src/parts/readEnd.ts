/** Read what people type for an end of a range: relative text, or a date and time in their own zone. */
export function readEnd(text: string): string | null {
  const typed = text.trim();
  if (/^now(-\d+[smhdw])?$/.test(typed)) return typed;
  // Date reads almost anything as some date; only what begins as one is meant as one.
  if (!/^\d{4}-\d\d-\d\d/.test(typed)) return null;
  const at = new Date(/[TZ]/.test(typed) ? typed : typed.replace(" ", "T"));
  return !Number.isNaN(at.getTime()) ? at.toISOString() : null;
}
