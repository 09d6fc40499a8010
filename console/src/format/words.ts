import type { Pap, Severity, Tlp, Verdict } from "../api/types";

export const SEVERITIES: Record<Severity, string> = { 1: "Low", 2: "Medium", 3: "High", 4: "Critical" };
export const TLP: Record<Tlp, { label: string; colour: string }> = {
  0: { label: "TLP:CLEAR", colour: "#FFFFFF" },
  1: { label: "TLP:GREEN", colour: "#33FF00" },
  2: { label: "TLP:AMBER", colour: "#FFC000" },
  3: { label: "TLP:AMBER+STRICT", colour: "#FFC000" },
  4: { label: "TLP:RED", colour: "#FF2B2B" },
};
export const PAP: Record<Pap, { label: string; colour: string; meaning: string }> = {
  0: { label: "PAP:CLEAR", colour: "#FFFFFF", meaning: "no limits" },
  1: { label: "PAP:GREEN", colour: "#00ad1c", meaning: "active actions allowed" },
  2: { label: "PAP:AMBER", colour: "#ffa800", meaning: "third-party look-ups allowed" },
  3: { label: "PAP:RED", colour: "#ff5c5c", meaning: "passive actions only" },
};
export const VERDICTS: Verdict[] = ["safe", "info", "suspicious", "malicious"];
export const ALERT_RESOLUTIONS = [
  ["false_positive", "False positive"],
  ["true_positive", "True positive"],
  ["benign", "Benign"],
  ["duplicate", "Duplicate"],
  ["no_impact", "No impact"],
  ["other", "Other"],
] as const;
export const CASE_RESOLUTIONS = [
  ["true_positive", "True positive"],
  ["false_positive", "False positive"],
  ["indeterminate", "Indeterminate"],
  ["duplicated", "Duplicated"],
  ["other", "Other"],
] as const;
export const IMPACTS = [
  ["no_impact", "No impact"],
  ["with_impact", "With impact"],
  ["not_applicable", "Not applicable"],
] as const;

/** `in_progress` → `In progress`. */
export function words(code: string | null | undefined): string {
  if (!code) return "";
  const text = code.replace(/[_-]+/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function options(pairs: readonly (readonly [string, string])[]) {
  return pairs.map(([value, label]) => ({ value, label }));
}
