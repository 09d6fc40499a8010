import { TagsInput } from "@mantine/core";
import { useState } from "react";
import { Tags } from "./Chip";

/** Tags changed where they stand. */
export function TagsEdit({
  value,
  onSave,
  disabled,
}: {
  value: string[];
  onSave: (tags: string[]) => void;
  disabled?: boolean;
}) {
  const [draft, setDraft] = useState<string[] | null>(null);
  if (disabled) return <Tags values={value} />;
  if (draft === null) {
    return (
      <button
        type="button"
        className="plain"
        aria-label="Edit tags"
        title="Edit tags"
        onClick={() => setDraft(value)}
      >
        {value.length ? <Tags values={value} /> : <span className="dim">+ tag</span>}
      </button>
    );
  }
  const save = () => {
    if (draft.join("\n") !== value.join("\n")) onSave(draft);
    setDraft(null);
  };
  return (
    <TagsInput
      aria-label="Tags"
      autoFocus
      value={draft}
      onChange={setDraft}
      onBlur={save}
      acceptValueOnBlur
      style={{ minWidth: 200 }}
      placeholder="Tag, Enter"
      onKeyDown={(e) => e.key === "Escape" && setDraft(null)}
    />
  );
}
