import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import { useAlertChanges } from "../api/alerts";
import { READ_MS } from "../parts/notice";

/** Make a case of an alert, and offer to go there. */
export function useEscalate() {
  const { promote } = useAlertChanges();
  const go = useNavigate();
  return (id: string) =>
    promote.mutate(id, {
      onSuccess: (made) =>
        notifications.show({
          autoClose: READ_MS,
          message: (
            <button
              type="button"
              className="plain"
              style={{ color: "var(--mantine-color-anchor)" }}
              onClick={() => void go(`/cases/${made.number}`)}
            >
              Opened case #{made.number}
            </button>
          ),
        }),
    });
}
