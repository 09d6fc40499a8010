import type { Rule } from "../api/types";
import { Severity } from "../parts/Severity";

/** A rule's level; Sigma's lowest has no severity of its own. */
export function LevelWord({ rule }: { rule: Pick<Rule, "level" | "severity"> }) {
  if (rule.level === "informational") return <span className="dim">Informational</span>;
  return <Severity level={rule.severity} />;
}
