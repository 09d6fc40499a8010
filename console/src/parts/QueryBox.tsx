import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../keys/keys";

interface Props {
  value: string;
  onRun: (query: string) => void;
  placeholder?: string;
  error?: boolean;
}

/** The query of a page: `/` goes to it, Enter runs it, Esc leaves it. */
export function QueryBox({ value, onRun, placeholder, error }: Props) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  useKeys({ "/": () => field.current?.select(), "ctrl+enter": () => onRun(text.trim()) });
  return (
    <TextInput
      className="query"
      ref={field}
      aria-label="Query"
      style={{ flex: 1, minWidth: 220 }}
      leftSection={<IconSearch size={14} />}
      placeholder={placeholder}
      value={text}
      error={error}
      spellCheck={false}
      autoComplete="off"
      onChange={(e) => setText(e.currentTarget.value)}
      onKeyDown={(e) => {
        if (e.key === "Enter" && !e.ctrlKey && !e.metaKey) onRun(text.trim());
        if (e.key === "Escape") field.current?.blur();
      }}
    />
  );
}
