import { Button, Menu } from "@mantine/core";
import { IconBookmark, IconFolderOpen } from "@tabler/icons-react";
import { useState } from "react";
import { useSavedSearch, useSearchChanges } from "../api/searches";
import type { SavedSearch } from "../api/types";
import { useKeys } from "../keys/keys";
import { isSame, paramsOf } from "./document";
import { OpenDialog } from "./OpenDialog";
import { SaveDialog } from "./SaveDialog";
import type { SearchState } from "./state";

type Dialog = { is: "open" } | { is: "save" } | { is: "copy" } | { is: "edit"; saved: SavedSearch };

/** Open, save, save as: and which saved search this is, and whether it differs from it. */
export function Saved({ state }: { state: SearchState }) {
  const query = useSavedSearch(state.saved);
  const saved = state.saved ? query.data : undefined;
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const { change } = useSearchChanges();
  const isChanged = saved !== undefined && !isSame(saved.search, state.document);
  const save = () => {
    if (saved?.may_change && isChanged)
      change.mutate({ id: saved.id, version: saved.version, search: state.document });
    else if (!saved || isChanged) setDialog({ is: saved ? "copy" : "save" });
  };
  useKeys({ "ctrl+s": save, o: () => setDialog({ is: "open" }) });
  const close = () => setDialog(null);
  const pick = (one: SavedSearch) => {
    close();
    state.set({ ...paramsOf(one.search), saved: one.id });
  };
  return (
    <>
      {saved && (
        <span className="saved-name" title={saved.description || saved.name}>
          <b className="cut">{saved.name}</b>
          {isChanged && <span className="dim">changed</span>}
        </span>
      )}
      <Button leftSection={<IconFolderOpen size={14} />} title="Open (o)" onClick={() => setDialog({ is: "open" })}>
        Open
      </Button>
      <Menu>
        <Menu.Target>
          <Button leftSection={<IconBookmark size={14} />} title="Save (Ctrl S)">
            Save
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {saved && (
            <Menu.Item disabled={!saved.may_change || !isChanged} onClick={save}>
              Save changes to {saved.name}
            </Menu.Item>
          )}
          <Menu.Item onClick={() => setDialog({ is: saved ? "copy" : "save" })}>
            {saved ? "Save as…" : "Save…"}
          </Menu.Item>
          {saved && (
            <>
              <Menu.Item disabled={!saved.may_change} onClick={() => setDialog({ is: "edit", saved })}>
                Name, description, sharing…
              </Menu.Item>
              <Menu.Item disabled={!isChanged} onClick={() => pick(saved)}>
                Back to what is saved
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog?.is === "open" && (
        <OpenDialog onPick={pick} onEdit={(one) => setDialog({ is: "edit", saved: one })} onClose={close} />
      )}
      {(dialog?.is === "save" || dialog?.is === "copy") && (
        <SaveDialog state={state} saved={undefined} like={dialog.is === "copy" ? saved : undefined} withSearch onClose={close} />
      )}
      {dialog?.is === "edit" && (
        <SaveDialog state={state} saved={dialog.saved} withSearch={false} onClose={close} />
      )}
    </>
  );
}
