import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { refuse } from "../api/changes";
import { READ_MS } from "./notice";

/** Say what was done, with a button that takes it back; when that fails it says why and offers it again. */
export function tellUndo(done: string, undo: () => unknown) {
  const id = notifications.show({
    autoClose: READ_MS,
    message: (
      <span style={{ display: "flex", alignItems: "center", gap: 10 }}>
        {done}
        <Button
          onClick={async () => {
            // Gone at once, so that nothing is taken back twice.
            notifications.hide(id);
            try {
              await undo();
            } catch (error) {
              refuse(error, "Not undone");
              tellUndo(done, undo);
            }
          }}
        >
          Undo
        </Button>
      </span>
    ),
  });
}
