import { useFeeds } from "../api/intel";
import { count } from "../format/number";
import { Grid } from "../parts/Grid";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { useUrl } from "../url/state";

export function Feeds() {
  const query = useFeeds();
  const { set } = useUrl();
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No feeds">Import a file with the button above; its name becomes a feed.</Empty>
        ) : (
          <Grid
            label="Feeds"
            rows={items}
            id={(feed) => feed.name}
            onOpen={(feed) => set({ tab: "indicators", feed: feed.name })}
            columns={[
              { key: "name", title: "Feed", width: "minmax(160px, 1fr)", render: (f) => <b>{f.name}</b> },
              { key: "format", title: "Format", width: "90px", render: (f) => f.format },
              {
                key: "indicators",
                title: "Indicators",
                width: "90px",
                align: "right",
                render: (f) => count(f.indicators),
              },
              {
                key: "refused",
                title: "Refused",
                width: "80px",
                align: "right",
                render: (f) => count(f.refused),
              },
              {
                key: "last",
                title: "Last import",
                width: "150px",
                render: (f) => <Time at={f.last_import_at} />,
              },
              {
                key: "error",
                title: "Last error",
                width: "minmax(160px, 1fr)",
                render: (f) => (
                  <span style={{ color: "var(--sev-2)" }} title={f.last_error ?? ""}>
                    {f.last_error}
                  </span>
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
