import {
  IconAlertTriangle,
  IconBinoculars,
  IconBriefcase,
  IconDeviceDesktop,
  IconGauge,
  IconLayoutDashboard,
  IconListCheck,
  IconPlugConnected,
  IconRoute,
  IconSearch,
  IconSend,
  IconShieldCheck,
  IconVolumeOff,
} from "@tabler/icons-react";

/** The navigation, in order; `permission` is what the page reads. */
export const PAGES = [
  { to: "/", title: "Overview", key: "o", icon: IconGauge, permission: "alerts:read" },
  { to: "/alerts", title: "Alerts", key: "a", icon: IconAlertTriangle, permission: "alerts:read" },
  { to: "/cases", title: "Cases", key: "c", icon: IconBriefcase, permission: "cases:read" },
  { to: "/search", title: "Search", key: "s", icon: IconSearch, permission: "events:read" },
  { to: "/dashboards", title: "Dashboards", key: "d", icon: IconLayoutDashboard, permission: "dashboards:read" },
  { to: "/intel", title: "Intel", key: "i", icon: IconBinoculars, permission: "intel:read" },
  { to: "/rules", title: "Rules", key: "r", icon: IconListCheck, permission: "rules:read" },
  { to: "/exceptions", title: "Exceptions", key: "e", icon: IconVolumeOff, permission: "rules:read" },
  { to: "/coverage", title: "Coverage", key: "v", icon: IconShieldCheck, permission: "rules:read" },
  { to: "/playbooks", title: "Playbooks", key: "p", icon: IconRoute, permission: "playbooks:read" },
  { to: "/agents", title: "Agents", key: "h", icon: IconDeviceDesktop, permission: "agents:read" },
  { to: "/sources", title: "Sources", key: "l", icon: IconPlugConnected, permission: "sources:read" },
  { to: "/notifications", title: "Notifications", key: "n", icon: IconSend, permission: "notify:read" },
] as const;
