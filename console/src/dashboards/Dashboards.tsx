import { ActionIcon, Button, FileButton, Menu, TextInput } from "@mantine/core";
import { IconCopy, IconDots, IconDownload, IconPlus, IconTrash, IconUpload } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { type Brief, type Dashboard, type Document, useDashboards } from "../api/dashboards";
import { useMay } from "../api/session";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { copyOf, download, useAdd, useDelete } from "./keep";
import "./dashboards.css";

const EMPTY: Document = { version: 1, title: "New dashboard", time: { from: "now-24h", to: "now" }, panels: [] };

export function Dashboards() {
  const query = useDashboards();
  const mayWrite = useMay("dashboards:write");
  const [words, setWords] = useState("");
  const made = useAdd(true);
  const imported = useAdd(false);
  const read = async (file: File | null) => {
    if (!file) return;
    try {
      imported.mutate({ document: JSON.parse(await file.text()) as Document });
    } catch (error) {
      refuse(error, `${file.name} is no JSON`);
    }
  };
  return (
    <Page
      title="Dashboards"
      actions={
        mayWrite && (
          <>
            <FileButton accept="application/json,.json" onChange={(file) => void read(file)}>
              {(props) => (
                <Button leftSection={<IconUpload size={14} />} {...props}>
                  Import
                </Button>
              )}
            </FileButton>
            <Button
              variant="filled"
              leftSection={<IconPlus size={14} />}
              loading={made.isPending}
              onClick={() => made.mutate({ document: EMPTY })}
            >
              New dashboard
            </Button>
          </>
        )
      }
    >
      <div className="column">
        <div className="toolbar">
          <TextInput
            aria-label="Find a dashboard"
            placeholder="Find by title or description"
            value={words}
            w={280}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
        </div>
        <div className="scroll">
          <Loaded query={query}>{(page) => <List items={found(page.items, words)} words={words} />}</Loaded>
        </div>
      </div>
    </Page>
  );
}

function found(items: Brief[], words: string): Brief[] {
  const wanted = words.trim().toLowerCase();
  return items.filter((one) => `${one.title} ${one.description}`.toLowerCase().includes(wanted));
}

function List({ items, words }: { items: Brief[]; words: string }) {
  if (items.length === 0) {
    return (
      <Empty title={words ? "No dashboard has these words" : "There is no dashboard yet"}>
        A dashboard is a page of panels over the event log, alerts and cases. Make one, or import a file.
      </Empty>
    );
  }
  return (
    <table className="dash-list">
      <thead>
        <tr>
          <th>Title</th>
          <th>What it shows</th>
          <th>Panels</th>
          <th>Whose</th>
          <th>Changed</th>
          <th aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.id}>
            <td>
              <Link to={`/dashboards/${one.id}`}>{one.title}</Link>
            </td>
            <td className="dim">{one.description}</td>
            <td>{one.panels}</td>
            <td style={{ whiteSpace: "nowrap" }}>{whose(one)}</td>
            <td style={{ whiteSpace: "nowrap" }}>{one.updated_at ? <Time at={one.updated_at} as="full" /> : <span className="dim">–</span>}</td>
            <td className="right">
              <RowMenu one={one} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function whose(one: Brief): string {
  if (one.from_file) return "from a file";
  return `${one.owner}${one.shared ? ", shared" : ", private"}`;
}

function RowMenu({ one }: { one: Brief }) {
  const mayWrite = useMay("dashboards:write");
  const add = useAdd(true);
  const remove = useDelete();
  const fetched = async (use: (document: Document) => void) => {
    try {
      use((await api.get<Dashboard>(`/dashboards/${one.id}`)).document);
    } catch (error) {
      refuse(error);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={`Menu of ${one.title}`}>
          <IconDots size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayWrite && (
          <Menu.Item
            leftSection={<IconCopy size={14} />}
            onClick={() => void fetched((document) => add.mutate({ document: copyOf(document) }))}
          >
            Duplicate to edit
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconDownload size={14} />} onClick={() => void fetched(download)}>
          Export JSON
        </Menu.Item>
        {one.may_change && (
          <Menu.Item leftSection={<IconTrash size={14} />} onClick={() => remove.mutate(one)}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
