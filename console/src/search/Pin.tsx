import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPin } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import { ChooseCase } from "../cases/ChooseCase";

/** Put an event on the timeline of a case. */
export function Pin({ eventId }: { eventId: string }) {
  const may = useMay("cases:write");
  const [choosing, setChoosing] = useState(false);
  const pin = useChange(
    (caseId: string) => api.post(`/cases/${caseId}/timeline/pin`, { event_id: eventId }),
    [["cases"]],
    "Pinned to the timeline",
  );
  if (!may) return null;
  return (
    <>
      <Tooltip label="Pin to the timeline of a case">
        <ActionIcon aria-label="Pin to the timeline of a case" onClick={() => setChoosing(true)}>
          <IconPin size={15} />
        </ActionIcon>
      </Tooltip>
      <ChooseCase
        title="Pin to the timeline of"
        opened={choosing}
        onClose={() => setChoosing(false)}
        onPick={(chosen) => pin.mutate(chosen.id, { onSuccess: () => setChoosing(false) })}
      />
    </>
  );
}
