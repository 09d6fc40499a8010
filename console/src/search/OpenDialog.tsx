import { ActionIcon, Modal, TextInput, Tooltip } from "@mantine/core";
import { IconPencil, IconTrash, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { useSavedSearches, useSearchChanges } from "../api/searches";
import type { SavedSearch } from "../api/types";
import { rangeText } from "../format/time";
import { Tags } from "../parts/Chip";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { tellUndo } from "../parts/undo";

interface Props {
  onPick: (search: SavedSearch) => void;
  onEdit: (search: SavedSearch) => void;
  onClose: () => void;
}

/** The saved searches one sees; typing narrows them, Enter opens the first. */
export function OpenDialog({ onPick, onEdit, onClose }: Props) {
  const query = useSavedSearches();
  // Here and not in the row, which is gone by the time its removal is told of.
  const { remove } = useRemoval();
  const [filter, setFilter] = useState("");
  const wanted = filter.toLowerCase().split(/\s+/);
  const fits = (one: SavedSearch) => {
    const text = [one.name, one.description, one.owner, one.search.q, ...one.tags].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return (
    <Modal opened onClose={onClose} title="Open a saved search" size="lg">
      <TextInput
        aria-label="Filter saved searches"
        placeholder="Name, tag, owner or words of the query"
        value={filter}
        data-autofocus
        onChange={(e) => setFilter(e.currentTarget.value)}
        onKeyDown={(e) => {
          const first = query.data?.items.find(fits);
          if (e.key === "Enter" && first) onPick(first);
        }}
        mb={8}
      />
      <Loaded query={query} rows={4}>
        {({ items }) => {
          const shown = items.filter(fits);
          if (items.length === 0)
            return (
              <Empty title="No search is saved yet">
                Search for something you will want again, then save it with Ctrl S: query, time, columns, order
                and chart come back as they were.
              </Empty>
            );
          if (shown.length === 0) return <Empty title="No saved search has these words" />;
          return shown.map((one) => <Row key={one.id} one={one} onPick={onPick} onEdit={onEdit} onRemove={remove} />);
        }}
      </Loaded>
    </Modal>
  );
}

interface RowProps extends Pick<Props, "onPick" | "onEdit"> {
  one: SavedSearch;
  onRemove: (one: SavedSearch) => void;
}

function Row({ one, onPick, onEdit, onRemove }: RowProps) {
  return (
    <div className="saved-row">
      <button type="button" className="plain" onClick={() => onPick(one)}>
        <b>{one.name}</b>{" "}
        {one.shared && (
          <span className="dim" title={`Shared by ${one.owner}`}>
            <IconUsers size={12} aria-label="shared" /> {one.own ? "" : one.owner}
          </span>
        )}{" "}
        <Tags values={one.tags} />
        {one.description && <div className="cut dim">{one.description}</div>}
        <div className="mono cut">{one.search.q || "all events"}</div>
        <div className="dim">
          {rangeText(one.search)} · changed <Time at={one.updated_at} as="age" /> ago by {one.updated_by}
        </div>
      </button>
      {one.may_change && (
        <>
          <Tooltip label="Name, description, tags, sharing">
            <ActionIcon aria-label={`Edit ${one.name}`} onClick={() => onEdit(one)}>
              <IconPencil size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Delete">
            <ActionIcon aria-label={`Delete ${one.name}`} onClick={() => onRemove(one)}>
              <IconTrash size={14} />
            </ActionIcon>
          </Tooltip>
        </>
      )}
    </div>
  );
}

/** Deleting asks nothing, since it can be undone. */
function useRemoval() {
  const { remove, restore } = useSearchChanges();
  return {
    remove: (one: SavedSearch) =>
      remove.mutate(one.id, {
        onSuccess: () => tellUndo(`Deleted ${one.name}`, () => restore.mutateAsync(one.id)),
      }),
  };
}
