import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import { Link } from "react-router";
import { useAlert } from "../api/alerts";
import { Loaded } from "../parts/State";
import { AlertDetails } from "./AlertDetails";

/** One alert beside the queue. */
export function AlertFlyout({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useAlert(id);
  return (
    <aside className="flyout" aria-label="Alert">
      <Loaded query={query}>
        {(alert) => (
          <AlertDetails
            alert={alert}
            corner={
              <>
                <Tooltip label="Open as a page">
                  <ActionIcon component={Link} to={`/alerts/${id}`} aria-label="Open as a page">
                    <IconArrowsMaximize size={14} />
                  </ActionIcon>
                </Tooltip>
                <ActionIcon aria-label="Close" onClick={onClose}>
                  <IconX size={15} />
                </ActionIcon>
              </>
            }
          />
        )}
      </Loaded>
    </aside>
  );
}
