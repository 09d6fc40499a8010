import { ActionIcon, Button, Checkbox, Modal, Select, Textarea, TextInput, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconDeviceFloppy, IconPlus, IconSettings } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useBlocker } from "react-router";
import { refuse } from "../api/changes";
import { ApiError, api } from "../api/client";
import { type Dashboard, DASHBOARDS, type Document, type Panel } from "../api/dashboards";
import { useKeys } from "../keys/keys";
import { Page } from "../parts/Page";
import { RangePick } from "../parts/RangePick";
import { Empty } from "../parts/State";
import { tellUndo } from "../parts/undo";
import { Board } from "./Board";
import { Filters } from "./Filters";
import { begin, go, type History, redo, undo } from "./history";
import { copyOf, useAdd } from "./keep";
import { free, newId, settled } from "./layout";
import { PanelForm } from "./PanelForm";
import type { BoardState } from "./state";

interface Draft {
  document: Document;
  shared: boolean;
}

/** A dashboard being changed: nothing is kept before it is saved, and every step can be taken back. */
export function EditPage({ dashboard, state }: { dashboard: Dashboard; state: BoardState }) {
  const [history, setHistory] = useState(() =>
    begin<Draft>({ document: dashboard.document, shared: dashboard.shared }),
  );
  const [form, setForm] = useState<string | null>(null);
  const [settings, setSettings] = useState(false);
  const draft = history.now;
  const { document } = draft;
  const isChanged = history.past.length > 0;
  const set = (next: Draft) => setHistory((now) => go(now, next));
  const setPanels = (panels: Panel[]) => set({ ...draft, document: { ...document, panels } });
  const saving = useSave(dashboard, draft);
  // Saving leaves the page by itself; only then nothing is lost.
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      isChanged && !saving.done.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    if (isChanged) window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isChanged]);
  const [leaving, setLeaving] = useState(false);
  const leave = () => (isChanged ? setLeaving(true) : state.setEditing(false));
  useKeys({
    "ctrl+z": () => setHistory(undo),
    "ctrl+y": () => setHistory(redo),
    "ctrl+s": () => void saving.save(),
    a: () => addPanel(),
    escape: () => (form ? setForm(null) : leave()),
  });

  const addPanel = (from?: Panel) => {
    const id = newId(document.panels, from?.id ?? "panel");
    const size = from?.place ?? { w: 6, h: 6 };
    const place = free(document.panels, size.w, size.h);
    setPanels([...document.panels, { kind: "time", ...from, id, place }]);
    setForm(id);
  };
  const removePanel = (id: string) => {
    const gone = document.panels.find((panel) => panel.id === id);
    setPanels(settled(document.panels.filter((panel) => panel.id !== id)));
    if (form === id) setForm(null);
    if (gone) tellUndo(`Deleted ${gone.title || "the panel"}`, () => setHistory((now) => withPanel(now, gone)));
  };
  const edited = document.panels.find((panel) => panel.id === form);
  return (
    <Page
      title={`${document.title} (editing)`}
      actions={
        <>
          <Tooltip label="Undo (Ctrl Z)">
            <ActionIcon aria-label="Undo" disabled={!isChanged} onClick={() => setHistory(undo)}>
              <IconArrowBackUp size={15} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Redo (Ctrl Y)">
            <ActionIcon aria-label="Redo" disabled={!history.future.length} onClick={() => setHistory(redo)}>
              <IconArrowForwardUp size={15} />
            </ActionIcon>
          </Tooltip>
          <Button leftSection={<IconSettings size={14} />} onClick={() => setSettings(true)}>
            Settings
          </Button>
          <Button leftSection={<IconPlus size={14} />} onClick={() => addPanel()}>
            Add panel
          </Button>
          <Button onClick={leave}>{isChanged ? "Discard" : "Done"}</Button>
          <Button
            variant="filled"
            leftSection={<IconDeviceFloppy size={14} />}
            disabled={!isChanged}
            loading={saving.isSaving}
            onClick={() => void saving.save()}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="column">
        <Filters state={state} />
        <div className="scroll" style={{ padding: 10 }}>
          {document.panels.length === 0 && (
            <Empty title="Nothing here yet">
              Add a panel (a): say what it asks, and see its answer while you do. Then move it by its title and
              resize it by its corner, or with the arrow keys and Shift.
            </Empty>
          )}
          <Board
            panels={document.panels}
            asked={state.asked}
            onNarrow={state.narrow}
            onFull={(id) => setForm(id)}
            editing={{
              onChange: setPanels,
              onEdit: setForm,
              onDuplicate: (id) => addPanel(document.panels.find((panel) => panel.id === id)),
              onDelete: removePanel,
            }}
          />
        </div>
      </div>
      {edited && (
        <PanelForm
          key={edited.id}
          panel={edited}
          asked={state.asked}
          onChange={(panel) =>
            setPanels(document.panels.map((one) => (one.id === panel.id ? { ...panel, place: one.place } : one)))
          }
          onClose={() => setForm(null)}
        />
      )}
      {settings && <Settings draft={draft} onSet={set} onClose={() => setSettings(false)} />}
      <Conflict saving={saving} draft={draft} />
      <Modal
        opened={leaving || blocker.state === "blocked"}
        onClose={() => {
          setLeaving(false);
          blocker.reset?.();
        }}
        title="Leave without saving?"
      >
        <p>The changes to {dashboard.title} are lost.</p>
        <Button
          onClick={() => {
            if (blocker.state === "blocked") blocker.proceed();
            else state.setEditing(false);
          }}
        >
          Discard the changes
        </Button>
      </Modal>
    </Page>
  );
}

/** Bring a deleted panel back to its place, unless it is there again. */
function withPanel(history: History<Draft>, gone: Panel): History<Draft> {
  const { document } = history.now;
  if (document.panels.some((panel) => panel.id === gone.id)) return history;
  const panels = settled([...document.panels, gone], gone.id);
  return go(history, { ...history.now, document: { ...document, panels } });
}

function useSave(dashboard: Dashboard, draft: Draft) {
  const client = useQueryClient();
  const [isSaving, setSaving] = useState(false);
  const [conflict, setConflict] = useState<string | null>(null);
  const [done] = useState({ current: false });
  const theirs = () => api.get<Dashboard>(`/dashboards/${dashboard.id}`);
  const keep = (saved: Dashboard) => {
    done.current = true;
    client.setQueryData([...DASHBOARDS, "one", saved.id], saved);
    void client.invalidateQueries({ queryKey: [...DASHBOARDS, "list"] });
  };
  const save = async (version = dashboard.version) => {
    setSaving(true);
    try {
      keep(await api.patch<Dashboard>(`/dashboards/${dashboard.id}`, { ...draft, version }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setConflict(error.message);
      else refuse(error, "Not saved");
    } finally {
      setSaving(false);
    }
  };
  return {
    save: () => save(),
    isSaving,
    conflict,
    done,
    settle: () => setConflict(null),
    loadTheirs: async () => keep(await theirs()),
    saveOver: async () => save((await theirs()).version),
  };
}

function Conflict({ saving, draft }: { saving: ReturnType<typeof useSave>; draft: Draft }) {
  const add = useAdd(true);
  const andClose = (run: () => unknown) => () => {
    saving.settle();
    void run();
  };
  return (
    <Modal opened={saving.conflict !== null} onClose={saving.settle} title="Somebody else saved meanwhile">
      <p>{saving.conflict}</p>
      <div style={{ display: "flex", gap: 8, flexWrap: "wrap" }}>
        <Button
          onClick={andClose(() => {
            saving.done.current = true;
            add.mutate({ document: copyOf(draft.document), shared: draft.shared });
          })}
        >
          Save mine as a copy
        </Button>
        <Button onClick={andClose(saving.loadTheirs)}>Load theirs, drop mine</Button>
        <Button onClick={andClose(saving.saveOver)}>Save mine over theirs</Button>
      </div>
    </Modal>
  );
}

function Settings({ draft, onSet, onClose }: { draft: Draft; onSet: (draft: Draft) => void; onClose: () => void }) {
  const [document, setDocument] = useState(draft.document);
  const [shared, setShared] = useState(draft.shared);
  const change = (some: Partial<Document>) => setDocument((now) => ({ ...now, ...some }));
  return (
    <Modal opened onClose={onClose} title="Settings of the dashboard">
      <form
        style={{ display: "grid", gap: 10 }}
        onSubmit={(event) => {
          event.preventDefault();
          onSet({ document: { ...document, title: document.title.trim() || "Untitled" }, shared });
          onClose();
        }}
      >
        <TextInput
          label="Title"
          data-autofocus
          required
          maxLength={120}
          value={document.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <Textarea
          label="Description"
          maxLength={1000}
          value={document.description ?? ""}
          onChange={(event) => change({ description: event.currentTarget.value || undefined })}
        />
        <TextInput
          label="Query that narrows every panel over events"
          className="query"
          value={document.query ?? ""}
          onChange={(event) => change({ query: event.currentTarget.value || undefined })}
        />
        <div>
          <div style={{ fontSize: 12, fontWeight: 500, marginBottom: 4 }}>Time shown at first</div>
          <RangePick value={document.time} onPick={(time) => change({ time })} />
        </div>
        <Select
          label="Refresh"
          data={[
            { value: "0", label: "Never by itself" },
            { value: "30", label: "Every 30 s" },
            { value: "60", label: "Every minute" },
            { value: "300", label: "Every 5 min" },
          ]}
          value={String(document.refresh_s ?? 0)}
          onChange={(value) => change({ refresh_s: Number(value) || undefined })}
        />
        <Checkbox
          label="Shared: everybody who may read dashboards sees it"
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        <Button type="submit" variant="filled">
          Apply
        </Button>
      </form>
    </Modal>
  );
}
