import { useNavigate } from "react-router";
import { useSimilar } from "../api/subject";
import { words } from "../format/words";
import { Status } from "../parts/Chip";
import { Grid } from "../parts/Grid";
import { Severity } from "../parts/Severity";
import { Empty, Loaded } from "../parts/State";

/** Alerts and cases that share observables with this one. */
export function SimilarList({ path, short }: { path: string; short?: boolean }) {
  const query = useSimilar(path);
  const go = useNavigate();
  return (
    <Loaded query={query} rows={3}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing similar">
            Alerts and cases that share an observable with this one would be here.
          </Empty>
        ) : (
          <Grid
            label="Similar"
            rows={items}
            id={(item) => item.type + item.id}
            keys={false}
            most={short ? 6 : 20}
            onOpen={(item) => void go(item.type === "case" ? `/cases/${item.number}` : `/alerts/${item.id}`)}
            columns={[
              {
                key: "severity",
                title: "Severity",
                width: "84px",
                render: (s) => <Severity level={s.severity} />,
              },
              {
                key: "title",
                title: "Title",
                width: "minmax(160px, 2fr)",
                render: (s) => <span title={s.title}>{`${words(s.type)} #${s.number} ${s.title}`}</span>,
              },
              {
                key: "shared",
                title: "Shares",
                width: "minmax(100px, 1fr)",
                render: (s) => (
                  <span className="mono" title={s.shared.join("\n")}>
                    {s.shared.join(", ")}
                  </span>
                ),
              },
              { key: "status", title: "Status", width: "90px", render: (s) => <Status value={s.status} /> },
            ]}
          />
        )
      }
    </Loaded>
  );
}
