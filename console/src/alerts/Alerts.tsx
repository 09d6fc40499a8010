import { Select } from "@mantine/core";
import { useState } from "react";
import type { Alert } from "../api/types";
import { useKeys } from "../keys/keys";
import { Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { QueryBox } from "../parts/QueryBox";
import { Empty, ErrorBox, Rows } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { useUrl } from "../url/state";
import { Actions } from "./Actions";
import { AlertFlyout } from "./AlertFlyout";
import { COLUMNS } from "./columns";
import { DEFAULT_SORT, GROUPINGS, listParams, STATUS_TABS, tabOf } from "./filters";
import { GroupRow } from "./GroupRow";
import { onlyAlerts, type Row, rowId, useRows } from "./useRows";

const ROW_COLUMNS = COLUMNS.map((column) => ({
  ...column,
  render: (row: Row) => (row.type === "alert" ? column.render(row.alert) : null),
}));

export function Alerts() {
  const { get, all, set, params } = useUrl();
  const by = get("group", "rule").replace("none", "");
  const { rows, total, query, more } = useRows(by, listParams(params), all("in"));
  const [selected, setSelected] = useState(new Set<string>());
  const [cursor, setCursor] = useState<Alert>();
  const open = get("open");
  const shown = rows.find((row) => row.type === "alert" && row.alert.id === (open || cursor?.id));
  const target = shown?.type === "alert" ? shown.alert : undefined;

  const toggle = (key: string) => {
    const now = all("in");
    set({ in: now.includes(key) ? now.filter((one) => one !== key) : [...now, key] }, true);
  };
  useKeys({ escape: () => (open ? set({ open: null }) : setSelected(new Set())) });
  const chosen = rows.flatMap((row) =>
    row.type === "alert" && selected.has(row.alert.id) ? [row.alert] : [],
  );
  return (
    <Page
      title="Alerts"
      actions={
        <>
          <span className="dim">{total ?? rows.length} alerts</span>
          <Select
            aria-label="Group by"
            w={130}
            data={GROUPINGS}
            value={by || "none"}
            onChange={(group) => set({ group, in: null })}
          />
        </>
      }
    >
      <div className="column">
        <Tabs
          tabs={STATUS_TABS}
          at={tabOf(params)}
          onPick={(key) =>
            set({
              status: STATUS_TABS.find((t) => t.key === key)?.status.length
                ? STATUS_TABS.find((t) => t.key === key)?.status
                : "all",
            })
          }
        />
        <div className="toolbar">
          <QueryBox
            value={get("q")}
            onRun={(q) => set({ q })}
            placeholder="severity:4 AND NOT assignee:*   ·   rule.name:brute*   ·   group_key:203.0.113.7"
          />
          <Filters />
        </div>
        <Actions chosen={chosen} target={target} onDone={() => setSelected(new Set())} />
        {query.error ? (
          <ErrorBox error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <Rows n={12} />
        ) : rows.length === 0 ? (
          <NoAlerts />
        ) : (
          <Grid
            label="Alerts"
            rows={rows}
            columns={ROW_COLUMNS}
            id={rowId}
            wide={(row) => row.type === "group" && <GroupRow group={row.group} expanded={row.expanded} />}
            openId={open}
            onOpen={(row) =>
              row.type === "group" ? toggle(row.group.key) : set({ open: row.alert.id }, open !== "")
            }
            follows={(row) => row.type === "alert"}
            onCursor={(row) => setCursor(row?.type === "alert" ? row.alert : undefined)}
            selected={selected}
            onSelect={(ids) => setSelected(onlyAlerts(ids, rows))}
            sort={get("sort", DEFAULT_SORT)}
            onSort={(sort) => set({ sort })}
            onEnd={more}
          />
        )}
      </div>
      {open && <AlertFlyout key={open} id={open} onClose={() => set({ open: null })} />}
    </Page>
  );
}

/** The filters the address carries beside the query, each to be taken off. */
function Filters() {
  const { params, set } = useUrl();
  const names = ["severity", "assignee", "rule"].filter((name) => params.has(name));
  return names.map((name) => (
    <button
      key={name}
      type="button"
      className="plain dim"
      onClick={() => set({ [name]: null })}
      title="Take this filter off"
    >
      {name}: {params.getAll(name).join(", ")} ✕
    </button>
  ));
}

function NoAlerts() {
  return (
    <Empty title="No alerts here">
      An alert opens when a rule matches. Nothing matched, or the filters above hide it. Try the tab{" "}
      <b>All</b>, or a query such as <code>title:ssh*</code> or <code>severity:[3 TO 4]</code>. To see what
      arrives at all, look in the <a href="/search">search</a>.
    </Empty>
  );
}
