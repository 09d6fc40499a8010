import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowLeft,
  IconCalendarClock,
  IconCopy,
  IconDots,
  IconDownload,
  IconFileText,
  IconFileTypePdf,
  IconHistory,
  IconPencil,
  IconPhoto,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { url } from "../api/client";
import { type Dashboard, ZONE } from "../api/dashboards";
import { useMay } from "../api/session";
import { useKeys } from "../keys/keys";
import { Page } from "../parts/Page";
import { Empty } from "../parts/State";
import { Board } from "./Board";
import { whose } from "./Dashboards";
import { Filters } from "./Filters";
import { copyOf, download, useAdd, useDelete } from "./keep";
import { PanelBox } from "./PanelBox";
import { Reports } from "./reports/Reports";
import type { BoardState } from "./state";
import { Versions } from "./Versions";

const REPORTS = [
  { format: "html", label: "Report as a page", Icon: IconFileText },
  { format: "pdf", label: "Report as PDF", Icon: IconFileTypePdf },
  { format: "png", label: "Report as a picture", Icon: IconPhoto },
] as const;

/** A dashboard to look at; one panel may take the whole page. */
export function ViewPage({ dashboard, state }: { dashboard: Dashboard; state: BoardState }) {
  const { document } = dashboard;
  const mayWrite = useMay("dashboards:write");
  const add = useAdd(true);
  const full = document.panels.find((panel) => panel.id === state.full);
  const edit = () => {
    if (dashboard.may_change) state.setEditing(true);
  };
  useKeys({
    e: edit,
    r: state.again,
    R: () => mayWrite && state.setReports(true),
    escape: () => state.full && state.setFull(null),
  });
  return (
    <Page
      title={document.title}
      actions={
        <>
          <span className="dim">{whose(dashboard)}</span>
          {dashboard.may_change ? (
            <Button leftSection={<IconPencil size={14} />} onClick={edit}>
              Edit
            </Button>
          ) : (
            mayWrite && (
              <Button
                leftSection={<IconCopy size={14} />}
                loading={add.isPending}
                onClick={() => add.mutate({ document: copyOf(document) })}
              >
                Duplicate to edit
              </Button>
            )
          )}
          <More dashboard={dashboard} state={state} />
          <Tooltip label="All dashboards">
            <ActionIcon component={Link} to="/dashboards" aria-label="All dashboards">
              <IconArrowLeft size={15} />
            </ActionIcon>
          </Tooltip>
        </>
      }
    >
      <div className="column">
        <Filters state={state} />
        {full ? (
          <div style={{ flex: 1, minHeight: 0, padding: 10, display: "grid" }}>
            <PanelBox
              panel={{ ...full, place: { x: 0, y: 0, w: 12, h: 20 } }}
              asked={state.asked}
              onNarrow={state.narrow}
              full
              onFull={() => state.setFull(null)}
            />
          </div>
        ) : (
          <div className="scroll" style={{ padding: 10 }}>
            {document.panels.length === 0 && (
              <Empty title="This dashboard has no panels yet">
                {dashboard.may_change ? "Edit it (e) and add one." : "Its owner has not added any."}
              </Empty>
            )}
            <Board
              panels={document.panels}
              asked={state.asked}
              onNarrow={state.narrow}
              onFull={(id) => state.setFull(id)}
            />
          </div>
        )}
      </div>
    </Page>
  );
}

function More({ dashboard, state }: { dashboard: Dashboard; state: BoardState }) {
  const go = useNavigate();
  const add = useAdd(true);
  const mayWrite = useMay("dashboards:write");
  const remove = useDelete(() => void go("/dashboards"));
  const [versions, setVersions] = useState(false);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="More about this dashboard">
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayWrite && (
            <Menu.Item
              leftSection={<IconCopy size={14} />}
              onClick={() => add.mutate({ document: copyOf(dashboard.document) })}
            >
              Duplicate
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconDownload size={14} />} onClick={() => download(dashboard.document)}>
            Export JSON
          </Menu.Item>
          {REPORTS.map(({ format, label, Icon }) => (
            <Menu.Item
              key={format}
              leftSection={<Icon size={14} />}
              component="a"
              href={url(`/dashboards/${dashboard.id}/report`, {
                ...state.range,
                filter: state.filters,
                zone: ZONE,
                format,
              })}
              download
            >
              {label}
            </Menu.Item>
          ))}
          {mayWrite && (
            <Menu.Item
              leftSection={<IconCalendarClock size={14} />}
              rightSection={<kbd>R</kbd>}
              onClick={() => state.setReports(true)}
            >
              Reports by schedule
            </Menu.Item>
          )}
          {!dashboard.from_file && (
            <Menu.Item leftSection={<IconHistory size={14} />} onClick={() => setVersions(true)}>
              Versions
            </Menu.Item>
          )}
          {dashboard.may_change && (
            <Menu.Item leftSection={<IconTrash size={14} />} onClick={() => remove.mutate(dashboard)}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {mayWrite && state.hasReports && (
        <Reports dashboard={dashboard} filters={state.filters} onClose={() => state.setReports(false)} />
      )}
      {versions && <Versions dashboard={dashboard} onClose={() => setVersions(false)} />}
    </>
  );
}
