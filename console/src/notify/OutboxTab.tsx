import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "react-router";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { OutboxMessage } from "../api/types";
import { count } from "../format/number";
import { Status } from "../parts/Chip";
import { type Column, Grid } from "../parts/Grid";
import { Facts, Section } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";
import { NOTIFY, useOutbox } from "./queries";

const COLUMNS: Column<OutboxMessage>[] = [
  { key: "status", title: "Status", width: "90px", render: (m) => <Status value={m.status} /> },
  { key: "title", title: "Message", width: "minmax(200px, 3fr)", render: (m) => m.title },
  { key: "channel", title: "Channel", width: "minmax(110px, 1fr)", render: (m) => m.channel },
  {
    key: "error",
    title: "Why it failed",
    width: "minmax(120px, 2fr)",
    spare: true,
    render: (m) => <span title={m.error ?? ""}>{m.error}</span>,
  },
  { key: "tries", title: "Tries", width: "56px", align: "right", render: (m) => m.attempts },
  { key: "at", title: "Written", width: "84px", render: (m) => <Time at={m.created_at} as="age" /> },
];

/** Messages, the newest first: what waits, what was sent, what could not be. */
export function OutboxTab() {
  const { get, set } = useUrl();
  const status = get("status");
  const query = useOutbox(status);
  return (
    <Loaded query={query}>
      {({ items, counts }) => {
        const open = items.find((m) => m.id === get("open"));
        return (
          <>
            <div className="toolbar">
              <SegmentedControl
                size="xs"
                aria-label="Status"
                value={status}
                onChange={(value) => set({ status: value || null, open: null })}
                data={[
                  { value: "", label: "All" },
                  { value: "waiting", label: `Waiting ${count(counts.waiting)}` },
                  { value: "sent", label: `Sent ${count(counts.sent)}` },
                  { value: "dead", label: `Dead ${count(counts.dead)}` },
                ]}
              />
            </div>
            {items.length === 0 ? (
              <Empty title={status ? `No message is ${status}` : "Nobody was told of anything yet"}>
                A message is written when a route wants what happened, or a playbook or rule tells by itself.
                Dead messages can be tried again here once their channel is repaired.
              </Empty>
            ) : (
              <div style={{ display: "flex", flex: 1, minHeight: 0 }}>
                <div className="column">
                  <Grid
                    label="Messages"
                    rows={items}
                    columns={COLUMNS}
                    id={(m) => m.id}
                    openId={open?.id}
                    onOpen={(m) => set({ open: m.id }, open !== undefined)}
                  />
                </div>
                {open && <MessageFlyout message={open} />}
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function MessageFlyout({ message }: { message: OutboxMessage }) {
  const may = useMay("notify:write");
  const retry = useChange((id: string) => api.post(`/notify/outbox/${id}/retry`), [NOTIFY], "Tried again");
  const discard = useChange((id: string) => api.del(`/notify/outbox/${id}`), [NOTIFY], "Discarded");
  const kind = message.subject_id?.startsWith("case_") ? "cases" : "alerts";
  return (
    <aside className="flyout" aria-label="Message">
      <Section title={message.title}>
        <Facts
          items={[
            ["Status", <Status key="s" value={message.status} />],
            ["Channel", message.channel],
            ["By", message.route ? `route ${message.route}` : message.event],
            ["About", message.subject_id ? <Link to={`/${kind}/${message.subject_id}`}>{message.event}</Link> : "–"],
            ["Tries", String(message.attempts)],
            ["Written", <Time key="w" at={message.created_at} as="full" />],
            ["Sent", message.sent_at ? <Time key="t" at={message.sent_at} as="full" /> : "–"],
            ["Next try", message.due_at ? <Time key="d" at={message.due_at} as="full" /> : "–"],
          ]}
        />
        {message.error && <p className="pre">{message.error}</p>}
        {may && message.status !== "sent" && (
          <div style={{ display: "flex", gap: 8, marginTop: 10 }}>
            <Button loading={retry.isPending} onClick={() => retry.mutate(message.id)}>
              Try again now
            </Button>
            <Button loading={discard.isPending} onClick={() => discard.mutate(message.id)}>
              Discard
            </Button>
          </div>
        )}
      </Section>
    </aside>
  );
}
