import { useLayoutEffect, useRef } from "react";

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;
type Layer = { current: KeyMap };

/** How long after `g` its second key may come. */
const SEQUENCE_MS = 900;

/** Two keys as one (`g a`): the second never acts on its own, so `g a` does not also assign. */
export class Sequence {
  private prefix = "";
  private at = 0;

  /** Take a key; return the name it completes, or nothing when it begins a sequence. */
  take(key: string, now: number): string | undefined {
    const open = this.prefix && now - this.at < SEQUENCE_MS;
    const name = open ? `${this.prefix} ${key}` : key;
    this.prefix = !open && key === "g" ? key : "";
    this.at = now;
    return this.prefix ? undefined : name;
  }
}

/** `ctrl+enter`, `j`, `?`: the name of the key pressed. Ctrl and the Mac's command key are one. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): string {
  const key = event.key.length === 1 ? event.key : event.key.toLowerCase();
  const chord = `${event.ctrlKey || event.metaKey ? "ctrl+" : ""}${event.altKey ? "alt+" : ""}`;
  return chord + (chord ? key.toLowerCase() : key);
}

/** Whether the key belongs to what has the focus: text fields take all, a choice takes its arrows. */
function isTyping(target: EventTarget | null, name: string): boolean {
  if (target instanceof HTMLInputElement && /^(radio|checkbox)$/.test(target.type))
    return /^(arrow|enter| )/.test(name);
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

const TAKES_KEYS = '[role="dialog"][aria-modal="true"], [role="listbox"], [role="menu"]';

/** A dialog, menu or list of choices is open: it has the keyboard. Closed lists may stay in the page, hidden. */
function dialogIsOpen(): boolean {
  return [...document.querySelectorAll(TAKES_KEYS)].some((element) => element.checkVisibility());
}

const layers: Layer[] = [];
const sequence = new Sequence();

function onKey(event: KeyboardEvent) {
  if (event.defaultPrevented || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const name = keyName(event);
  const isChord = name.startsWith("ctrl+") || name.startsWith("alt+");
  if (dialogIsOpen() || (isTyping(event.target, name) && !isChord)) return;
  const complete = sequence.take(name, event.timeStamp);
  if (!complete) return;
  // A button that has the focus keeps its Enter.
  if (name === "enter" && event.target instanceof Element && event.target.closest("button, a")) return;
  const run = layers.findLast((layer) => complete in layer.current)?.current[complete];
  if (!run) return;
  event.preventDefault();
  run(event);
}

/**
 * Run a function per key (`j`, `?`, `g a`, `ctrl+enter`); the latest mounted page wins over those under it.
 * What is drawn takes its keys from the first moment on: on a busy machine, an effect comes noticeably later.
 */
export function useKeys(map: KeyMap, enabled = true) {
  const layer = useRef(map);
  layer.current = map;
  useLayoutEffect(() => {
    if (!enabled) return;
    if (layers.push(layer) === 1) window.addEventListener("keydown", onKey);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
      if (layers.length === 0) window.removeEventListener("keydown", onKey);
    };
  }, [enabled]);
}
