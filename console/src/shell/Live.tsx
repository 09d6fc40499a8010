import { Tooltip } from "@mantine/core";
import { IconPlugConnectedX, IconPointFilled } from "@tabler/icons-react";
import { useStream } from "../api/stream";

const SAYS = {
  connecting: ["Connecting", "Waiting for the live connection"],
  live: ["Live", "Changes appear by themselves"],
  lost: ["Not live", "The live connection is lost; trying again. What you see may be old."],
} as const;

/** Whether what is on the screen is kept up to date. */
export function Live() {
  const state = useStream();
  const [word, meaning] = SAYS[state];
  const Icon = state === "lost" ? IconPlugConnectedX : IconPointFilled;
  const colour = { connecting: "var(--dim)", live: "light-dark(#1f7a33, #69db7c)", lost: "var(--sev-2)" }[
    state
  ];
  return (
    <Tooltip label={meaning}>
      <div
        role="status"
        style={{ display: "flex", alignItems: "center", gap: 6, padding: "4px 8px", color: colour }}
      >
        <Icon size={14} aria-hidden />
        {word}
      </div>
    </Tooltip>
  );
}
