import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { SwitchChange } from "../api/rules";
import { useMay } from "../api/session";
import type { Page } from "../api/types";
import { count } from "../format/number";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";

/** The last switches of many rules at once, each with its way back. */
export function Switches() {
  const may = useMay("rules:write");
  const query = useQuery({
    queryKey: ["rules", "switches"],
    queryFn: () => api.get<Page<SwitchChange>>("/rules/switches"),
  });
  const undo = useChange((id: string) => api.post(`/rules/switches/${id}/undo`), [["rules"], ["coverage"]], "Undone");
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing was switched together">
            Narrow the list of rules by level, tag or log source, then switch all of them on or off at once.
          </Empty>
        ) : (
          <div className="scroll">
            {items.map((one) => (
              <div key={one.id} className="section" style={{ display: "flex", gap: 12, alignItems: "center" }}>
                <span style={{ flex: 1 }}>
                  <b>{count(one.rules)}</b> rules switched {one.enabled ? "on" : "off"} by {one.changed_by},{" "}
                  <Time at={one.changed_at} as="full" />
                  {one.undone_at && <span className="dim"> · undone</span>}
                </span>
                {may && !one.undone_at && (
                  <Button loading={undo.isPending && undo.variables === one.id} onClick={() => undo.mutate(one.id)}>
                    Undo
                  </Button>
                )}
              </div>
            ))}
          </div>
        )
      }
    </Loaded>
  );
}
