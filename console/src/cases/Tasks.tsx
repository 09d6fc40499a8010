import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useCaseChanges, useTasks } from "../api/cases";
import { useMay } from "../api/session";
import type { Case, Task, TaskStatus } from "../api/types";
import { words } from "../format/words";
import { Status } from "../parts/Chip";
import { Edit } from "../parts/Edit";
import { Pick } from "../parts/Pick";
import { AssigneePick } from "../parts/pickers";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";

const STATUSES: TaskStatus[] = ["waiting", "in_progress", "completed", "cancelled"];

/** What is to be done, by group; a click completes. */
export function Tasks({ found }: { found: Case }) {
  const query = useTasks(found.id);
  const may = useMay("cases:write");
  const { addTask } = useCaseChanges(found.id);
  const [title, setTitle] = useState("");
  const add = () =>
    title.trim() && addTask.mutate({ title: title.trim() }, { onSuccess: () => setTitle("") });
  return (
    <>
      {may && (
        <form
          className="toolbar"
          onSubmit={(e) => {
            e.preventDefault();
            add();
          }}
        >
          <TextInput
            aria-label="New task"
            placeholder="New task"
            style={{ flex: 1 }}
            value={title}
            onChange={(e) => setTitle(e.currentTarget.value)}
          />
          <Button type="submit" disabled={!title.trim()} loading={addTask.isPending}>
            Add task
          </Button>
        </form>
      )}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No tasks">Split the work: contain, find the entry, clean up, tell people.</Empty>
          ) : (
            <Groups tasks={items} found={found} may={may} />
          )
        }
      </Loaded>
    </>
  );
}

function Groups({ tasks, found, may }: { tasks: Task[]; found: Case; may: boolean }) {
  const groups = [...Map.groupBy(tasks, (task) => task.group || "")];
  return groups.map(([group, inside]) => (
    <section key={group}>
      {group && group !== "default" && (
        <h2 style={{ fontSize: 12, margin: 0, padding: "8px 14px 2px", color: "var(--dim)" }}>{group}</h2>
      )}
      {inside
        .toSorted((a, b) => a.order - b.order)
        .map((task) => (
          <Row key={task.id} task={task} found={found} may={may} />
        ))}
    </section>
  ));
}

function Row({ task, found, may }: { task: Task; found: Case; may: boolean }) {
  const { patchTask, dropTask } = useCaseChanges(found.id);
  const isDone = task.status === "completed" || task.status === "cancelled";
  const save = (body: Partial<Task>) => patchTask.mutate({ id: task.id, ...body });
  return (
    <div
      style={{
        display: "grid",
        gridTemplateColumns: "20px minmax(0, 1fr) 96px 100px 90px 26px",
        gap: 10,
        padding: "4px 14px",
        minHeight: 24,
        alignItems: "center",
        borderBottom: "1px solid var(--line)",
      }}
    >
      <input
        type="checkbox"
        aria-label={`Complete ${task.title}`}
        checked={task.status === "completed"}
        disabled={!may || patchTask.isPending}
        onChange={() => save({ status: isDone ? "in_progress" : "completed" })}
      />
      <span
        style={{ textDecoration: isDone ? "line-through" : undefined, minWidth: 0, overflowWrap: "anywhere" }}
      >
        <Edit
          label={`task ${task.title}`}
          value={task.title}
          onSave={(title) => save({ title })}
          disabled={!may}
        />
        {task.mandatory && !isDone && <b style={{ color: "var(--sev-2)" }}> required</b>}
        {task.description && <div className="dim pre">{task.description}</div>}
      </span>
      <Pick
        label="status"
        shown={<Status value={task.status} />}
        choices={STATUSES.map((value) => ({ value, label: words(value) }))}
        onPick={(status) => save({ status: status as TaskStatus })}
        disabled={!may}
      />
      <AssigneePick value={task.assignee} onPick={(assignee) => save({ assignee })} disabled={!may} />
      <span className="dim">
        {task.ended_at ? (
          <Time at={task.ended_at} as="age" />
        ) : task.due_at ? (
          <>
            due <Time at={task.due_at} as="age" />
          </>
        ) : (
          ""
        )}
      </span>
      {may ? (
        <ActionIcon aria-label={`Remove task ${task.title}`} onClick={() => dropTask.mutate(task.id)}>
          <IconTrash size={14} />
        </ActionIcon>
      ) : (
        <span />
      )}
    </div>
  );
}
