import { IconAntennaBars2, IconAntennaBars3, IconAntennaBars4, IconAntennaBars5 } from "@tabler/icons-react";
import type { Severity as Level } from "../api/types";
import { SEVERITIES } from "../format/words";

const ICONS = { 1: IconAntennaBars2, 2: IconAntennaBars3, 3: IconAntennaBars4, 4: IconAntennaBars5 };

/** Severity as icon, word and colour: never colour alone. */
export function Severity({ level }: { level: Level }) {
  const Icon = ICONS[level] ?? IconAntennaBars2;
  return (
    <span
      style={{
        color: `var(--sev-${level})`,
        display: "inline-flex",
        verticalAlign: "middle",
        alignItems: "center",
        gap: 4,
        fontWeight: 600,
      }}
    >
      <Icon size={15} stroke={2.2} aria-hidden />
      {SEVERITIES[level] ?? level}
    </span>
  );
}
