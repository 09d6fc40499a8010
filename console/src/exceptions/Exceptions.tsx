import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import type { ExceptionItem } from "../api/rules";
import { useMay } from "../api/session";
import type { Page as List } from "../api/types";
import { count } from "../format/number";
import { Status } from "../parts/Chip";
import { type Column, Grid } from "../parts/Grid";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { tellUndo } from "../parts/undo";
import { useUrl } from "../url/state";
import { AddException } from "./AddException";

const COLUMNS: Column<ExceptionItem>[] = [
  {
    key: "state",
    title: "State",
    width: "74px",
    render: (one) => <Status value={one.expired ? "expired" : "active"} />,
  },
  {
    key: "condition",
    title: "Condition",
    width: "minmax(220px, 2.4fr)",
    render: (one) => (
      <span className="mono" title={one.condition}>
        {one.condition}
      </span>
    ),
  },
  {
    key: "rule",
    title: "Rule",
    width: "minmax(120px, 1.2fr)",
    render: (one) =>
      one.rule_id ? <Link to={`/rules/${encodeURIComponent(one.rule_id)}`}>{one.rule_id}</Link> : <b>every rule</b>,
  },
  { key: "hits", title: "Held back", width: "74px", align: "right", render: (one) => count(one.hits) },
  { key: "last", title: "Last", width: "70px", render: (one) => <Time at={one.last_hit_at} as="age" /> },
  { key: "expires", title: "Expires", width: "126px", render: (one) => <Time at={one.expires_at} /> },
  { key: "owner", title: "Owner", width: "minmax(90px, .7fr)", render: (one) => one.owner },
  {
    key: "reason",
    title: "Reason",
    width: "minmax(140px, 1.4fr)",
    render: (one) => <span title={one.reason}>{one.reason}</span>,
  },
];

/** Conditions under which rules stay silent, each with an owner, a reason and an end. */
export function Exceptions() {
  const { get, set, params } = useUrl();
  const may = useMay("rules:write");
  const query = useQuery({
    queryKey: ["exceptions"],
    queryFn: () => api.get<List<ExceptionItem>>("/exceptions"),
  });
  const remove = useRemove();
  const adding = params.has("add");
  const columns = may
    ? [
        ...COLUMNS,
        {
          key: "do",
          title: "",
          width: "66px",
          render: (one: ExceptionItem) => (
            <Button
              size="compact-xs"
              onClick={(e) => {
                e.stopPropagation();
                remove.mutate(one);
              }}
            >
              Remove
            </Button>
          ),
        },
      ]
    : COLUMNS;
  return (
    <Page
      title="Exceptions"
      actions={
        may && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => set({ add: "any" })}>
            Add exception
          </Button>
        )
      }
    >
      <div className="column">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No exceptions">
                An exception keeps matches of a rule silent under a condition, such as{" "}
                <span className="mono">source.ip: 192.0.2.7</span> for a scanner of your own, until it expires. Events
                are never deleted by it. Closing an alert as a false positive offers one, too.
              </Empty>
            ) : (
              <Grid label="Exceptions" rows={items} columns={columns} id={(one) => one.id} />
            )
          }
        </Loaded>
      </div>
      {adding && (
        <AddException rule={get("add") === "any" ? "" : get("add")} onClose={() => set({ add: null })} />
      )}
    </Page>
  );
}

/** Take an exception out of force; the notice puts it back as it was. */
function useRemove() {
  const client = useQueryClient();
  const renew = () => client.invalidateQueries({ queryKey: ["exceptions"] });
  return useMutation({
    mutationFn: (one: ExceptionItem) => api.del(`/exceptions/${one.id}`),
    onError: (error) => refuse(error),
    onSettled: renew,
    onSuccess: (_, one) => {
      const { rule_id, condition, reason, owner, expires_at } = one;
      const again = { rule_id: rule_id ?? "", condition, reason, owner, expires_at };
      if (one.expired) notifications.show({ message: "The exception is gone" });
      else tellUndo("The exception is out of force", () => api.post("/exceptions", again).then(renew));
    },
  });
}
