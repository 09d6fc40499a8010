import { ActionIcon, Tooltip } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { COLUMNS } from "../alerts/columns";
import { useCaseAlerts, useCaseChanges } from "../api/cases";
import { useMay } from "../api/session";
import type { Alert, Case } from "../api/types";
import { type Column, Grid } from "../parts/Grid";
import { Empty, Loaded } from "../parts/State";

/** The alerts the case was made of; one can be taken out again. */
export function CaseAlerts({ found }: { found: Case }) {
  const query = useCaseAlerts(found.id);
  const may = useMay("cases:write");
  const go = useNavigate();
  const { detach } = useCaseChanges(found.id);
  const out: Column<Alert> = {
    key: "out",
    title: "",
    width: "26px",
    render: (alert) => (
      <Tooltip label="Take out of the case">
        <ActionIcon
          aria-label={`Take alert #${alert.number} out of the case`}
          onClick={(e) => {
            e.stopPropagation();
            detach.mutate(alert.id);
          }}
        >
          <IconLinkOff size={14} />
        </ActionIcon>
      </Tooltip>
    ),
  };
  const shown = COLUMNS.filter((column) => column.key !== "status");
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No alerts">Merge one into this case from the queue: key m on an alert.</Empty>
        ) : (
          <Grid
            label="Alerts of the case"
            rows={items}
            columns={may ? [...shown, out] : shown}
            id={(a) => a.id}
            most={24}
            onOpen={(a) => void go(`/alerts/${a.id}`)}
          />
        )
      }
    </Loaded>
  );
}
