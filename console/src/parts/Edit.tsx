import { Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

interface Props {
  value: string;
  label: string;
  onSave: (value: string) => void;
  lines?: boolean;
  disabled?: boolean;
  placeholder?: string;
}

/** Text edited where it stands: click, change, Enter (Ctrl-Enter in several lines) saves, Esc leaves it. */
export function Edit({ value, label, onSave, lines, disabled, placeholder }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const shown = value || <span className="dim">{placeholder ?? `Add ${label.toLowerCase()}`}</span>;
  if (disabled)
    return <span className={lines ? "pre" : undefined}>{value || <span className="dim">–</span>}</span>;
  if (draft === null) {
    return (
      <button
        type="button"
        className={`edit${lines ? " pre" : ""}`}
        aria-label={`Edit ${label}`}
        title={`Edit ${label}`}
        onClick={() => setDraft(value)}
      >
        {shown}
      </button>
    );
  }
  const save = () => {
    if (draft.trim() !== value && (draft.trim() || lines)) onSave(draft.trim());
    setDraft(null);
  };
  const field = {
    "aria-label": label,
    value: draft,
    autoFocus: true,
    onChange: (e: { currentTarget: { value: string } }) => setDraft(e.currentTarget.value),
    onBlur: save,
    onKeyDown: (e: React.KeyboardEvent) => {
      if (e.key === "Escape") setDraft(null);
      if (e.key === "Enter" && (!lines || e.ctrlKey || e.metaKey)) save();
    },
  };
  return lines ? (
    <Textarea {...field} minRows={4} />
  ) : (
    <TextInput {...field} style={{ flex: 1, minWidth: 220 }} />
  );
}
