import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useFieldList, useSuggested } from "../api/events";
import type { Range } from "../format/time";
import { useKeys } from "../keys/keys";
import { Choices } from "./Choices";
import { type Choice, completed, fieldChoices, operatorChoices, typingAt, valueChoices } from "./complete";

interface Props {
  value: string;
  range: Range;
  error: boolean;
  /** Queries run before, newest first. */
  recent: string[];
  onRun: (query: string) => void;
}

/** The query, with what can be typed next below it: fields, their commonest values, operators. */
export function QueryInput({ value, range, error, recent, onRun }: Props) {
  const [text, setText] = useState(value);
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  useEffect(() => setText(value), [value]);
  const choices = useChoices(text, at, range, open, recent);
  const run = () => {
    setOpen(false);
    onRun(text.trim());
  };
  useKeys({
    "/": () => field.current?.select(),
    "ctrl+enter": run,
  });
  const take = ({ text: all, at: next }: { text: string; at: number }) => {
    setText(all);
    setChosen(-1);
    setAt(next);
    // The cursor can be set once the new text is in the field.
    requestAnimationFrame(() => field.current?.setSelectionRange(next, next));
  };
  const pick = (choice: Choice) =>
    take(
      choice.note === "recent"
        ? { text: choice.text, at: choice.text.length }
        : completed(text, typingAt(text, at), choice),
    );
  const isOpen = open && choices.length > 0;
  const onKeyDown = (e: React.KeyboardEvent) => {
    const current = isOpen ? choices[chosen] : undefined;
    if (e.key === "Enter") {
      // An open list of choices would keep Ctrl-Enter from the page.
      if (e.ctrlKey || e.metaKey) e.stopPropagation();
      e.preventDefault();
      if (current && !e.ctrlKey && !e.metaKey) pick(current);
      else run();
    } else if (isOpen && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
      e.preventDefault();
      const step = e.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + choices.length + (chosen < 0 && step < 0 ? 1 : 0)) % choices.length);
    } else if (isOpen && e.key === "Tab" && !e.shiftKey && (current ?? typed(text, at))) {
      e.preventDefault();
      const first = current ?? choices[0];
      if (first) pick(first);
    } else if (e.key === "Escape") {
      e.stopPropagation();
      if (isOpen) setOpen(false);
      else field.current?.blur();
    } else if (e.key === "ArrowDown") setOpen(true);
  };
  const follow = () => setAt(field.current?.selectionStart ?? 0);
  return (
    <div className="query query-input">
      <TextInput
        ref={field}
        aria-label="Query"
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && chosen >= 0 ? `${list}-${chosen}` : undefined}
        leftSection={<IconSearch size={14} />}
        placeholder='source.ip:203.0.113.7 AND event.outcome:failure   ·   "failed password"   ·   rule.level:>=7'
        value={text}
        error={error}
        spellCheck={false}
        autoComplete="off"
        onChange={(e) => {
          setText(e.currentTarget.value);
          setAt(e.currentTarget.selectionStart ?? 0);
          setChosen(-1);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onKeyUp={follow}
        onClick={() => {
          follow();
          setOpen(true);
        }}
        onBlur={() => setOpen(false)}
      />
      {isOpen && <Choices id={list} choices={choices} chosen={chosen} onPick={pick} />}
    </div>
  );
}

/** Tab takes the first choice only where something is typed: else it moves on, as everywhere. */
function typed(text: string, at: number): boolean {
  return typingAt(text, at).typed !== "";
}

function useChoices(text: string, at: number, range: Range, open: boolean, recent: string[]): Choice[] {
  const typing = useMemo(() => typingAt(text, at), [text, at]);
  const fields = useFieldList(range).data?.items;
  const known = fields?.find((one) => one.name === typing.field || one.aliases.includes(typing.field));
  const [prefix] = useDebouncedValue(typing.typed, 150);
  const isText = known?.type === "text" || typing.field === "message";
  const wanted = open && typing.kind === "value" && known !== undefined && !isText;
  const values = useSuggested(range, known?.name ?? "", prefix, wanted);
  if (!open) return [];
  if (text === "" && recent.length) return recent.slice(0, 8).map((one) => ({ text: one, note: "recent" }));
  if (typing.kind === "operator")
    return [...operatorChoices(typing.typed), ...fieldChoices(fields ?? [], typing.typed, 8)];
  if (typing.kind === "field") return fieldChoices(fields ?? [], typing.typed);
  if (typing.kind === "value" && known && !isText)
    return valueChoices(wanted ? (values.data?.items ?? []) : [], known.type, typing.typed);
  return [];
}
