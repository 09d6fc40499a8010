import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { type Dashboard, DASHBOARDS, useVersions, type Version } from "../api/dashboards";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { copyOf, useAdd } from "./keep";

/** The versions that were saved; one can be put back, which is a new version, or made a dashboard of its own. */
export function Versions({ dashboard, onClose }: { dashboard: Dashboard; onClose: () => void }) {
  const query = useVersions(dashboard.id, true);
  const client = useQueryClient();
  const add = useAdd(false);
  const back = async (version: Version) => {
    try {
      const body = { document: version.document, shared: dashboard.shared, version: dashboard.version };
      const saved = await api.patch<Dashboard>(`/dashboards/${dashboard.id}`, body);
      client.setQueryData([...DASHBOARDS, "one", dashboard.id], saved);
      onClose();
    } catch (error) {
      refuse(error, "Not put back");
    }
  };
  return (
    <Modal opened onClose={onClose} title={`Versions of ${dashboard.title}`} size="lg">
      <Loaded query={query}>
        {(page) => (
          <table className="dash-list">
            <tbody>
              {page.items.map((one) => (
                <tr key={one.version}>
                  <td>{one.version}</td>
                  <td>
                    <Time at={one.saved_at} as="full" />
                  </td>
                  <td>{one.saved_by}</td>
                  <td className="dim">
                    {one.document.title}, {one.document.panels.length} panels
                  </td>
                  <td className="right">
                    {one.version === dashboard.version ? (
                      <span className="dim">this one</span>
                    ) : dashboard.may_change ? (
                      <Button onClick={() => void back(one)}>Put back</Button>
                    ) : (
                      <Button onClick={() => add.mutate({ document: copyOf(one.document) })}>Copy</Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Modal>
  );
}
