import { Menu, useMantineColorScheme } from "@mantine/core";
import { IconDeviceLaptop, IconKey, IconLogout, IconMoon, IconSun, IconUser } from "@tabler/icons-react";
import { useState } from "react";
import { useLogout, useUser } from "../api/session";
import { words } from "../format/words";
import { Password } from "./Password";

const THEMES = [
  ["auto", "As the system", IconDeviceLaptop],
  ["light", "Light", IconSun],
  ["dark", "Dark", IconMoon],
] as const;

export function UserMenu() {
  const user = useUser();
  const logout = useLogout();
  const [password, setPassword] = useState(false);
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu position="top-start" width={200}>
        <Menu.Target>
          <button
            type="button"
            className="plain nav-link"
            style={{
              display: "flex",
              gap: 8,
              alignItems: "center",
              padding: "5px 8px",
              flex: 1,
              minWidth: 0,
            }}
            aria-label={`User ${user.login}`}
          >
            <IconUser size={16} stroke={1.8} aria-hidden />
            <span className="cut">{user.name || user.login}</span>
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {user.login} · {words(user.role)}
          </Menu.Label>
          {THEMES.map(([value, title, Icon]) => (
            <Menu.Item
              key={value}
              leftSection={<Icon size={14} />}
              rightSection={colorScheme === value ? "✓" : null}
              onClick={() => setColorScheme(value)}
            >
              {title}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={14} />} onClick={() => setPassword(true)}>
            Change password
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => logout.mutate()}>
            Log out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Password opened={password} onClose={() => setPassword(false)} />
    </>
  );
}
