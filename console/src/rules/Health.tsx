import { Tooltip } from "@mantine/core";
import type { HealthState, RuleHealth } from "../api/rules";
import { words } from "../format/words";

const HUE: Record<HealthState, string> = {
  failing: "light-dark(#8a4b08, #e8b27a)",
  dead: "light-dark(#5f3dc4, #b197fc)",
  noisy: "light-dark(#7a4f00, #ffd43b)",
  silent: "light-dark(#495057, #adb5bd)",
  fine: "light-dark(#1f6b35, #8ce99a)",
  off: "light-dark(#495057, #adb5bd)",
};

/** How a rule does, in a word; why on hover. */
export function Health({ health }: { health: RuleHealth | undefined }) {
  if (!health) return <span className="dim">–</span>;
  const hue = HUE[health.state];
  const chip = (
    <span className="status" style={{ color: hue, background: `color-mix(in srgb, ${hue} 13%, transparent)` }}>
      {words(health.state)}
    </span>
  );
  if (health.reasons.length === 0) return chip;
  return (
    <Tooltip label={health.reasons.join("; ")} multiline maw={420}>
      {chip}
    </Tooltip>
  );
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`;
}
