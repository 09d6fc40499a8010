import { Badge, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconSkull } from "@tabler/icons-react";
import type { Pap, Tlp, Verdict as Word } from "../api/types";
import { PAP, TLP, words } from "../format/words";

/** TLP 2.0 in its own colours: label text on black. */
export function TlpChip({ value }: { value: Tlp }) {
  const known = TLP[value];
  return (
    <span className="chip" style={{ color: known?.colour ?? "#fff" }}>
      {known?.label ?? `TLP:${value}`}
    </span>
  );
}

export function PapChip({ value }: { value: Pap }) {
  const known = PAP[value];
  return (
    <Tooltip label={known?.meaning ?? ""}>
      <span className="chip" style={{ color: known?.colour ?? "#fff" }}>
        {known?.label ?? `PAP:${value}`}
      </span>
    </Tooltip>
  );
}

/** Hues that severity does not use, each readable on both themes. */
const HUES = {
  amber: "light-dark(#7a4f00, #ffd43b)",
  blue: "light-dark(#0b5cad, #74c0fc)",
  violet: "light-dark(#5f3dc4, #b197fc)",
  cyan: "light-dark(#0b6375, #66d9e8)",
  green: "light-dark(#1f6b35, #8ce99a)",
  brown: "light-dark(#8a4b08, #e8b27a)",
  grey: "light-dark(#495057, #adb5bd)",
};
const STATUS: Record<string, keyof typeof HUES> = {
  new: "amber",
  in_progress: "blue",
  closed: "violet",
  imported: "cyan",
  running: "blue",
  completed: "green",
  success: "green",
  failure: "brown",
  active: "green",
  silent: "brown",
  waiting: "amber",
  sent: "green",
  dead: "brown",
};

/** A status with its hue; what it was closed as stands beside it. */
export function Status({ value, resolution }: { value: string; resolution?: string | null }) {
  const hue = HUES[STATUS[value] ?? "grey"];
  const text = `${words(value)}${resolution ? ` · ${words(resolution).toLowerCase()}` : ""}`;
  return (
    <span
      className="status"
      style={{ color: hue, background: `color-mix(in srgb, ${hue} 13%, transparent)` }}
      title={text}
    >
      {text}
    </span>
  );
}

const VERDICT: Record<Word, { icon: typeof IconSkull; colour: string }> = {
  safe: { icon: IconCircleCheck, colour: "light-dark(#1f7a33, #69db7c)" },
  info: { icon: IconInfoCircle, colour: "var(--dim)" },
  suspicious: { icon: IconAlertTriangle, colour: "var(--sev-2)" },
  malicious: { icon: IconSkull, colour: "var(--sev-3)" },
};

export function Verdict({ value }: { value: Word | null | undefined }) {
  const known = value && VERDICT[value];
  if (!known) return <span className="dim">–</span>;
  const Icon = known.icon;
  return (
    <span
      style={{
        color: known.colour,
        display: "inline-flex",
        verticalAlign: "middle",
        alignItems: "center",
        gap: 4,
        fontWeight: 600,
      }}
    >
      <Icon size={14} aria-hidden />
      {words(value)}
    </span>
  );
}

export function Tags({ values }: { values: string[] | undefined }) {
  return (
    <>
      {values?.map((tag) => (
        <Badge key={tag} color="gray" variant="default" tt="none" fw={500} mr={4}>
          {tag}
        </Badge>
      ))}
    </>
  );
}
