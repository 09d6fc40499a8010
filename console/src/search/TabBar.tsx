import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { titleOf } from "./tabs";
import type { useTabs } from "./useTabs";

/** The searches open side by side; the middle button of the mouse closes one. */
export function TabBar({ tabs: { tabs, pick, open, close } }: { tabs: ReturnType<typeof useTabs> }) {
  return (
    <div className="tabs search-tabs" role="tablist" aria-label="Searches">
      {tabs.items.map((tab) => (
        <span key={tab.id} className="search-tab" data-at={tab.id === tabs.at || undefined}>
          <button
            type="button"
            role="tab"
            aria-selected={tab.id === tabs.at}
            title={titleOf(tab.params)}
            onClick={() => pick(tab.id)}
            onAuxClick={(e) => e.button === 1 && close(tab.id)}
          >
            {titleOf(tab.params)}
          </button>
          {tabs.items.length > 1 && (
            <ActionIcon size="xs" aria-label={`Close tab ${titleOf(tab.params)}`} onClick={() => close(tab.id)}>
              <IconX size={11} />
            </ActionIcon>
          )}
        </span>
      ))}
      <Tooltip label="New tab (t)">
        <ActionIcon aria-label="New tab" onClick={() => open()} style={{ alignSelf: "center" }}>
          <IconPlus size={13} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
