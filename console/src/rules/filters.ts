import type { RuleHealth } from "../api/rules";
import type { Rule } from "../api/types";

export interface RuleFilter {
  q: string;
  kind: string;
  level: string;
  tag: string;
  logsource: string;
  health: string;
}

export const LEVELS = ["informational", "low", "medium", "high", "critical"];
export const STATES = ["failing", "dead", "noisy", "silent", "fine", "off"];

/** Whether a technique or tag is named; a technique stands for its sub-techniques too. */
function isTagged(rule: Rule, tag: string): boolean {
  const bare = (name: string) => name.toLowerCase().replace(/^attack\./, "");
  const wanted = bare(tag.trim());
  return [...rule.tags, ...rule.techniques].map(bare).some((n) => n === wanted || n.startsWith(`${wanted}.`));
}

function isOf(rule: Rule, logsource: string): boolean {
  const parts = (rule.logsource ?? "").toLowerCase().split("/");
  return logsource
    .toLowerCase()
    .split("/")
    .every((part, i) => part === "" || part === "*" || part === parts[i]);
}

/** The rules that fulfil all that is given; words are sought in name, id and path. */
export function chosen(rules: Rule[], filter: RuleFilter, health: Map<string, RuleHealth>): Rule[] {
  const q = filter.q.toLowerCase();
  return rules.filter(
    (rule) =>
      (!q || `${rule.name} ${rule.id} ${rule.source_path}`.toLowerCase().includes(q)) &&
      (!filter.kind || (rule.type ?? rule.kind) === filter.kind || rule.kind === filter.kind) &&
      (!filter.level || rule.level === filter.level) &&
      (!filter.tag || isTagged(rule, filter.tag)) &&
      (!filter.logsource || (rule.logsource !== null && isOf(rule, filter.logsource))) &&
      (!filter.health || health.get(rule.id)?.state === filter.health),
  );
}

/** The values there are of each, for lists of choices. */
export function choices(rules: Rule[]) {
  const of = (value: (rule: Rule) => string | null) =>
    [...new Set(rules.map(value).filter((one): one is string => Boolean(one)))].sort();
  return {
    kinds: [...new Set([...of((r) => r.kind), ...of((r) => r.type)])],
    logsources: of((r) => r.logsource),
    levels: LEVELS.filter((level) => rules.some((r) => r.level === level)),
  };
}
