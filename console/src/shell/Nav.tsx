import { ActionIcon, Tooltip } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import { IconBellRinging, IconHelp, IconSearch } from "@tabler/icons-react";
import { NavLink } from "react-router";
import { useUser } from "../api/session";
import { Live } from "./Live";
import { PAGES } from "./pages";
import { UserMenu } from "./UserMenu";

export function Nav({ onHelp }: { onHelp: () => void }) {
  const { permissions } = useUser();
  return (
    <nav className="nav" aria-label="Pages">
      <div style={{ display: "flex", alignItems: "center", gap: 8, padding: "0 8px 8px" }}>
        <IconBellRinging size={18} color="var(--mantine-primary-color-filled)" aria-hidden />
        <b style={{ fontSize: 14 }}>Tocsin</b>
        <span style={{ flex: 1 }} />
        <Tooltip label="Jump (Ctrl K)">
          <ActionIcon aria-label="Jump" onClick={spotlight.open}>
            <IconSearch size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      {PAGES.filter((p) => permissions.includes(p.permission) || permissions.includes("admin")).map(
        (page) => (
          <NavLink key={page.to} to={page.to} end={page.to === "/"} className="nav-link">
            <page.icon size={16} stroke={1.8} aria-hidden />
            {page.title}
            <kbd aria-hidden>g {page.key}</kbd>
          </NavLink>
        ),
      )}
      <div style={{ flex: 1 }} />
      <Live />
      <div style={{ display: "flex", alignItems: "center" }}>
        <UserMenu />
        <Tooltip label="Keys (?)">
          <ActionIcon aria-label="Keys" onClick={onHelp}>
            <IconHelp size={16} />
          </ActionIcon>
        </Tooltip>
      </div>
    </nav>
  );
}
