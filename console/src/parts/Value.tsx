import { ActionIcon, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCopy } from "@tabler/icons-react";
import { refuse } from "../api/changes";
import { defang } from "../format/defang";

/** Put text on the clipboard and say so. Plain http on another host has no clipboard: then say that. */
export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
    notifications.show({
      message: `Copied ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    });
  } catch {
    refuse(`The browser gives no clipboard here. The text is: ${text}`, "Not copied");
  }
}

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        aria-label={label}
        onClick={(e) => {
          e.stopPropagation();
          void copy(text);
        }}
      >
        <IconCopy size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

/** A value that may be hostile: shown as it is, never a link outward, copied defanged. */
export function Hostile({ value, kind }: { value: string; kind?: string }) {
  const safe = defang(value, kind);
  return (
    <span
      style={{
        display: "inline-flex",
        verticalAlign: "middle",
        alignItems: "center",
        gap: 4,
        minWidth: 0,
        maxWidth: "100%",
      }}
    >
      <span className="mono cut" title={value} onCopy={(e) => copyDefanged(e, kind)}>
        {value}
      </span>
      <CopyButton text={safe} label={safe === value ? "Copy" : `Copy as ${safe}`} />
    </span>
  );
}

function copyDefanged(event: React.ClipboardEvent, kind?: string) {
  const chosen = window.getSelection()?.toString();
  if (!chosen) return;
  event.preventDefault();
  event.clipboardData.setData("text/plain", defang(chosen, kind));
}
