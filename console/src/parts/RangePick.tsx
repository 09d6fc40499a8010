import { Button, Menu, TextInput } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import { useState } from "react";
import { RANGES, type Range, rangeText } from "../format/time";
import { readEnd } from "./readEnd";

export function RangePick({ value, onPick }: { value: Range; onPick: (range: Range) => void }) {
  const [opened, setOpened] = useState(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("now");
  const ends = [readEnd(from), readEnd(to)];
  const pick = (range: Range) => {
    onPick(range);
    setOpened(false);
  };
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-end" width={240} closeOnItemClick={false}>
      <Menu.Target>
        <Button leftSection={<IconClock size={14} />} aria-label="Time range">
          {rangeText(value)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {RANGES.map(([start, title]) => (
          <Menu.Item key={start} onClick={() => pick({ from: start, to: "now" })}>
            Last {title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <div
          style={{ padding: 8, display: "grid", gap: 6 }}
          onKeyDown={(e) => e.stopPropagation()}
          role="group"
          aria-label="Own range"
        >
          <TextInput
            label="From"
            placeholder="2026-11-24 05:00 or now-2h"
            value={from}
            onChange={(e) => setFrom(e.currentTarget.value)}
          />
          <TextInput label="To" value={to} onChange={(e) => setTo(e.currentTarget.value)} />
          <Button
            disabled={!ends[0] || !ends[1]}
            onClick={() => ends[0] && ends[1] && pick({ from: ends[0], to: ends[1] })}
          >
            Apply
          </Button>
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}
