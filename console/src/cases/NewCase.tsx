import { Button, Modal, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCreateCase } from "../api/cases";
import type { Severity } from "../api/types";
import { SEVERITIES } from "../format/words";

const LEVELS = Object.entries(SEVERITIES).map(([value, label]) => ({ value, label }));

export function NewCase({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const create = useCreateCase();
  const go = useNavigate();
  const [title, setTitle] = useState("");
  const [description, setDescription] = useState("");
  const [severity, setSeverity] = useState<string | null>("2");
  return (
    <Modal opened={opened} onClose={onClose} title="New case">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          create.mutate(
            { title: title.trim(), description, severity: Number(severity) as Severity },
            { onSuccess: (made) => void go(`/cases/${made.number}`) },
          );
        }}
      >
        <TextInput
          label="Title"
          required
          data-autofocus
          mb={8}
          value={title}
          onChange={(e) => setTitle(e.currentTarget.value)}
        />
        <Textarea
          label="Description"
          mb={8}
          value={description}
          onChange={(e) => setDescription(e.currentTarget.value)}
        />
        <Select label="Severity" data={LEVELS} value={severity} onChange={setSeverity} mb={12} />
        <Button type="submit" variant="filled" loading={create.isPending} disabled={!title.trim()}>
          Create
        </Button>
      </form>
    </Modal>
  );
}
