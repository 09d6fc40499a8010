import { Button, Menu } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api } from "../api/client";
import { useMay } from "../api/session";
import { useRuns, useSubjectChanges } from "../api/subject";
import type { Page, Playbook } from "../api/types";
import { Empty, Loaded } from "../parts/State";
import { RunTable } from "../playbooks/RunTable";

/** The playbook runs on an alert or case, and a way to start one by hand. */
export function Runs({ path, type, id }: { path: string; type: "alert" | "case"; id: string }) {
  const query = useRuns(path);
  const may = useMay("playbooks:run");
  const go = useNavigate();
  const playbooks = useQuery({
    queryKey: ["playbooks"],
    queryFn: () => api.get<Page<Playbook>>("/playbooks"),
  });
  const { runPlaybook } = useSubjectChanges(path);
  return (
    <>
      {may && (
        <div className="toolbar">
          <Menu>
            <Menu.Target>
              <Button leftSection={<IconPlayerPlay size={14} />} loading={runPlaybook.isPending}>
                Run a playbook
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {playbooks.data?.items.map((playbook) => (
                <Menu.Item
                  key={playbook.name}
                  onClick={() => runPlaybook.mutate({ name: playbook.name, type, id })}
                >
                  {playbook.name}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </div>
      )}
      <Loaded query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No playbook has run here">
              Playbooks start by themselves on what triggers them, or by hand with the button above.
            </Empty>
          ) : (
            <RunTable runs={items} keys={false} onOpen={(run) => void go(`/runs/${run.id}`)} />
          )
        }
      </Loaded>
    </>
  );
}
