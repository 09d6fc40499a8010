import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Channel } from "../api/types";
import { type Column, Grid } from "../parts/Grid";
import { READ_MS } from "../parts/notice";
import { Empty, Loaded } from "../parts/State";
import { NOTIFY, useChannels } from "./queries";

interface Tried {
  sent: boolean;
  error: string | null;
}

/** Where messages go. Secrets are never shown; a channel of the settings is changed there. */
export function Channels() {
  const query = useChannels();
  const columns = useColumns();
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="There are no channels, so nobody is told of anything">
            Add one here, or as <code>[notify.channels.NAME]</code> in tocsin.toml. Then make a route that says
            what it is told.
          </Empty>
        ) : (
          <Grid label="Channels" rows={items} columns={columns} id={(c) => c.name} />
        )
      }
    </Loaded>
  );
}

function useColumns(): Column<Channel>[] {
  return [
    { key: "name", title: "Channel", width: "minmax(120px, 1fr)", render: (c) => <b>{c.name}</b> },
    { key: "kind", title: "Kind", width: "130px", render: (c) => c.label },
    { key: "hosts", title: "Speaks to", width: "minmax(140px, 2fr)", render: (c) => c.hosts.join(", ") },
    { key: "secrets", title: "Secrets set", width: "minmax(90px, 1fr)", render: (c) => c.secrets.join(", ") },
    { key: "rate", title: "Per minute", width: "84px", align: "right", render: (c) => c.per_minute || "–" },
    {
      key: "state",
      title: "State",
      width: "minmax(90px, 1fr)",
      render: (c) =>
        c.problem ? (
          <span style={{ color: "var(--sev-2)" }} title={c.problem}>
            {c.problem}
          </span>
        ) : c.enabled ? (
          "on"
        ) : (
          "off"
        ),
    },
    { key: "do", title: "", width: "230px", render: (c) => <Doing channel={c} /> },
  ];
}

function Doing({ channel }: { channel: Channel }) {
  const may = useMay("notify:write");
  const [trying, setTrying] = useState(false);
  const turn = useChange(
    (enabled: boolean) => api.patch(`/notify/channels/${channel.name}`, { enabled }),
    [NOTIFY],
  );
  const remove = useChange(() => api.del(`/notify/channels/${channel.name}`), [NOTIFY], "Removed");
  const test = useChange((name: string) => api.post<Tried>(`/notify/channels/${name}/test`), []);
  if (!may) return null;
  const send = async () => {
    setTrying(true);
    try {
      const { sent, error } = await test.mutateAsync(channel.name);
      notifications.show({
        title: sent ? "The test was taken" : "The test did not arrive",
        message: error ?? channel.name,
        color: sent ? "green" : "red",
        autoClose: READ_MS,
      });
    } finally {
      setTrying(false);
    }
  };
  return (
    <span style={{ display: "flex", gap: 6 }}>
      <Button size="compact-xs" loading={trying} onClick={() => void send()} aria-label={`Test ${channel.name}`}>
        Test
      </Button>
      {channel.of_settings ? (
        <span className="dim">in tocsin.toml</span>
      ) : (
        <>
          <Button size="compact-xs" onClick={() => turn.mutate(!channel.enabled)}>
            {channel.enabled ? "Switch off" : "Switch on"}
          </Button>
          <Button size="compact-xs" onClick={() => remove.mutate(undefined)} aria-label={`Remove ${channel.name}`}>
            Remove
          </Button>
        </>
      )}
    </span>
  );
}
