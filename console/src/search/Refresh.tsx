import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect, useState } from "react";

const EVERY: [number, string][] = [
  [0, "Off"],
  [5, "5 s"],
  [15, "15 s"],
  [60, "1 min"],
  [300, "5 min"],
];

interface Props {
  isBusy: boolean;
  onRun: () => void;
}

/** Run the search again, by hand or by the clock; a hidden page and a slow answer are waited for. */
export function Refresh({ isBusy, onRun }: Props) {
  const [every, setEvery] = useState(0);
  useEffect(() => {
    if (!every) return;
    const timer = setInterval(() => {
      if (!isBusy && document.visibilityState === "visible") onRun();
    }, every * 1000);
    return () => clearInterval(timer);
  }, [every, isBusy, onRun]);
  const word = EVERY.find(([seconds]) => seconds === every)?.[1];
  return (
    <span style={{ display: "inline-flex", alignItems: "center" }}>
      <Tooltip label="Search again (r)">
        <ActionIcon aria-label="Search again" onClick={onRun} loading={isBusy}>
          <IconRefresh size={15} />
        </ActionIcon>
      </Tooltip>
      <Menu>
        <Menu.Target>
          <button type="button" className="plain dim" aria-label="Refresh every">
            {every ? `every ${word}` : "▾"}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Search again every</Menu.Label>
          {EVERY.map(([seconds, title]) => (
            <Menu.Item key={seconds} onClick={() => setEvery(seconds)} aria-current={seconds === every}>
              {title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
