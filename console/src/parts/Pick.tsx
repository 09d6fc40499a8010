import { Menu } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  label: string;
  shown: ReactNode;
  choices: { value: string; label: ReactNode }[];
  onPick: (value: string) => void;
  disabled?: boolean;
}

/** A value changed where it stands, from a short list. */
export function Pick({ label, shown, choices, onPick, disabled }: Props) {
  if (disabled) return <>{shown}</>;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className="plain" aria-label={`Change ${label}`} title={`Change ${label}`}>
          {shown}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>{label}</Menu.Label>
        {choices.map((choice) => (
          <Menu.Item key={choice.value} onClick={() => onPick(choice.value)}>
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
