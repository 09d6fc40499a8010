import { Link } from "react-router";
import { useAlertEvents } from "../api/alerts";
import type { Alert } from "../api/types";
import { Grid } from "../parts/Grid";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { eventLink } from "../search/eventLink";

export function AlertEvents({ alert }: { alert: Alert }) {
  const query = useAlertEvents(alert.id);
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Its events are gone">They were older than the store keeps.</Empty>
        ) : (
          <Grid
            label="Events of the alert"
            rows={items}
            id={(event) => event.id}
            keys={false}
            columns={[
              { key: "at", title: "Time", width: "150px", render: (e) => <Time at={e["@timestamp"]} /> },
              {
                key: "message",
                title: "Message",
                width: "minmax(300px, 1fr)",
                render: (e) => (
                  <Link className="mono" style={{ color: "inherit" }} title={e.message} to={eventLink(e.id)}>
                    {e.message}
                  </Link>
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
