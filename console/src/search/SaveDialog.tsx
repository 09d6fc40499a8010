import { Button, Modal, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useSearchChanges } from "../api/searches";
import { useMay } from "../api/session";
import type { SavedSearch } from "../api/types";
import type { SearchState } from "./state";

interface Props {
  state: SearchState;
  /** The saved search to change; without it a new one is made. */
  saved: SavedSearch | undefined;
  /** What a new one begins with. */
  like?: SavedSearch;
  /** Whether the search on show takes the place of the one saved. */
  withSearch: boolean;
  onClose: () => void;
}

/** Name a search, say what it is for, and who sees it. */
export function SaveDialog({ state, saved, like, withSearch, onClose }: Props) {
  const from = saved ?? like;
  const [name, setName] = useState(saved?.name ?? (like ? `${like.name} (copy)` : ""));
  const [description, setDescription] = useState(from?.description ?? "");
  const [tags, setTags] = useState(from?.tags ?? []);
  const [shared, setShared] = useState(saved?.shared ?? false);
  const mayShare = useMay("searches:write");
  const { add, change } = useSearchChanges();
  const done = (one: SavedSearch) => {
    state.set({ saved: one.id }, true);
    onClose();
  };
  const submit = () => {
    const common = { name: name.trim(), description, tags };
    if (!common.name) return;
    const search = withSearch ? { search: state.document } : {};
    if (saved) {
      const sharing = saved.own ? { shared } : {};
      change.mutate({ id: saved.id, version: saved.version, ...common, ...sharing, ...search }, { onSuccess: done });
    } else add.mutate({ ...common, shared, search: state.document }, { onSuccess: done });
  };
  return (
    <Modal opened onClose={onClose} title={saved ? "Saved search" : "Save the search"}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          submit();
        }}
      >
        <TextInput
          label="Name"
          value={name}
          maxLength={120}
          onChange={(e) => setName(e.currentTarget.value)}
          data-autofocus
          mb={8}
        />
        <Textarea
          label="Description"
          placeholder="What it finds, and when to look at it"
          value={description}
          maxLength={4000}
          onChange={(e) => setDescription(e.currentTarget.value)}
          mb={8}
        />
        <TagsInput label="Tags" value={tags} onChange={setTags} maxTags={20} placeholder="Tag, Enter" mb={12} />
        <Switch
          label="Shared: everybody who may search sees it"
          checked={shared}
          disabled={!mayShare || (saved !== undefined && !saved.own)}
          onChange={(e) => setShared(e.currentTarget.checked)}
          mb={12}
        />
        <Button type="submit" variant="filled" disabled={!name.trim()} loading={add.isPending || change.isPending}>
          Save
        </Button>
      </form>
    </Modal>
  );
}
