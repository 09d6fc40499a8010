import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";

/** Told apart by people who see fewer colours too; red is left to severity. */
const SERIES = [
  "#5c7cfa",
  "#f59f00",
  "#12b886",
  "#ae3ec9",
  "#15aabf",
  "#e8590c",
  "#82c91e",
  "#f783ac",
  "#0b7285",
  "#868e96",
];
const OTHER = "#adb5bd";

const SEVERITY: Record<"light" | "dark", Record<string, string>> = {
  light: { low: "#b38600", medium: "#d9660a", high: "#c0121b", critical: "#9c1095" },
  dark: { low: "#f2cc4d", medium: "#ff9f47", high: "#ff7d7d", critical: "#f48bf0" },
};
const HEAT = {
  light: ["#eef2ff", "#bac8ff", "#748ffc", "#4263eb", "#2b3ea8"],
  dark: ["#1d2431", "#2b3c7e", "#4263eb", "#748ffc", "#dbe4ff"],
};

/** The colours of pictures in the theme that is on. */
export function useColours() {
  const scheme = useComputedColorScheme("light");
  return useMemo(() => coloursOf(scheme), [scheme]);
}

function coloursOf(scheme: "light" | "dark") {
  const isDark = scheme === "dark";
  return {
    series: SERIES,
    other: OTHER,
    heat: HEAT[scheme],
    text: isDark ? "#98a1b2" : "#5c6472",
    line: isDark ? "#2a313e" : "#e3e6ec",
    land: isDark ? "#1d2431" : "#eef0f4",
    /** Severities have their own colours, everything else one by its position. */
    of: (key: string | null, at: number) => SEVERITY[scheme][key ?? ""] ?? SERIES[at % SERIES.length] ?? OTHER,
  };
}
