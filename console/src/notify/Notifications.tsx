import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useMay } from "../api/session";
import { Page } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { useUrl } from "../url/state";
import { Channels } from "./Channels";
import { Mine } from "./Mine";
import { NewChannel } from "./NewChannel";
import { NewRoute } from "./NewRoute";
import { OutboxTab } from "./OutboxTab";
import { Routes } from "./Routes";

const TABS = [
  { key: "outbox", title: "Outbox" },
  { key: "channels", title: "Channels" },
  { key: "routes", title: "Routes" },
  { key: "mine", title: "Mail to me" },
];

/** Who is told by mail, chat and webhook, and what became of it. */
export function Notifications() {
  const { get, set } = useUrl();
  const may = useMay("notify:write");
  const [adding, setAdding] = useState(false);
  const tab = get("tab", "outbox");
  const what = tab === "channels" ? "channel" : tab === "routes" ? "route" : undefined;
  return (
    <Page
      title="Notifications"
      actions={
        may &&
        what && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            Add a {what}
          </Button>
        )
      }
    >
      <div className="column">
        <Tabs tabs={TABS} at={tab} onPick={(key) => set({ tab: key })} />
        {tab === "outbox" && <OutboxTab />}
        {tab === "channels" && <Channels />}
        {tab === "routes" && <Routes />}
        {tab === "mine" && <Mine />}
      </div>
      <NewChannel opened={adding && what === "channel"} onClose={() => setAdding(false)} />
      <NewRoute opened={adding && what === "route"} onClose={() => setAdding(false)} />
    </Page>
  );
}
