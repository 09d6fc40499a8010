import { Switch } from "@mantine/core";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useWarninglists } from "../api/intel";
import { useMay } from "../api/session";
import { count } from "../format/number";
import { Grid } from "../parts/Grid";
import { Empty, Loaded } from "../parts/State";

/** Lists of values that are known to be harmless or to say nothing. */
export function Warninglists() {
  const query = useWarninglists();
  const may = useMay("intel:write");
  const toggle = useChange(
    ({ name, enabled }: { name: string; enabled: boolean }) =>
      api.patch(`/intel/warninglists/${encodeURIComponent(name)}`, { enabled }),
    [["intel"]],
  );
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No warninglists">
            They hold values that make poor indicators, such as public resolvers. Put MISP warninglists into
            the content folder.
          </Empty>
        ) : (
          <Grid
            label="Warninglists"
            rows={items}
            id={(list) => list.name}
            columns={[
              {
                key: "enabled",
                title: "In use",
                width: "56px",
                render: (l) => (
                  <Switch
                    aria-label={`Use ${l.name}`}
                    checked={l.enabled}
                    disabled={!may}
                    onChange={(e) => toggle.mutate({ name: l.name, enabled: e.currentTarget.checked })}
                  />
                ),
              },
              {
                key: "name",
                title: "Warninglist",
                width: "minmax(240px, 2fr)",
                render: (l) => <span title={l.name}>{l.name}</span>,
              },
              { key: "category", title: "Category", width: "minmax(120px, 1fr)", render: (l) => l.category },
              { key: "type", title: "Type", width: "90px", render: (l) => l.type },
              {
                key: "entries",
                title: "Entries",
                width: "90px",
                align: "right",
                render: (l) => count(l.entries),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
