import { Button, Modal, PasswordInput, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { ChannelField } from "../api/types";
import { optionsOf } from "./options";
import { NOTIFY, useKinds } from "./queries";

/** Make a channel; what is asked for depends on its kind. */
export function NewChannel({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const kinds = useKinds().data?.items ?? [];
  const [name, setName] = useState("");
  const [kindName, setKindName] = useState("email");
  const [typed, setTyped] = useState<Record<string, string>>({});
  const add = useChange((body: object) => api.post("/notify/channels", body), [NOTIFY], "Added");
  const kind = kinds.find((each) => each.name === kindName);
  const fields = [...(kind?.fields ?? [])].sort((a, b) => Number(b.required) - Number(a.required));
  const close = () => {
    setTyped({});
    setName("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Add a channel" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ name, kind: kindName, options: optionsOf(fields, typed) }, { onSuccess: close });
        }}
      >
        <TextInput
          label="Name"
          description="Small letters, digits, - and _; routes and playbooks refer to it"
          data-autofocus
          required
          mb={8}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Kind"
          mb={8}
          allowDeselect={false}
          searchable
          data={kinds.map((each) => ({ value: each.name, label: each.label }))}
          value={kindName}
          onChange={(value) => value && setKindName(value)}
        />
        {fields.map((field) => (
          <Field
            key={`${kindName}.${field.name}`}
            field={field}
            value={typed[field.name] ?? ""}
            onType={(value) => setTyped({ ...typed, [field.name]: value })}
          />
        ))}
        <Button type="submit" variant="filled" mt={8} loading={add.isPending}>
          Add channel
        </Button>
      </form>
    </Modal>
  );
}

function Field({
  field,
  value,
  onType,
}: {
  field: ChannelField;
  value: string;
  onType: (value: string) => void;
}) {
  const hint = field.type === "array" ? " Several: with commas." : field.type === "object" ? " name: value, a line each." : "";
  const common = {
    label: field.name,
    description: `${field.description}${hint}` || undefined,
    required: field.required,
    value,
    mb: 8,
  };
  if (field.type === "object")
    return <Textarea {...common} autosize onChange={(event) => onType(event.currentTarget.value)} />;
  if (field.type.includes("|") && !field.secret)
    return (
      <Select
        {...common}
        data={field.type.split("|").filter(Boolean)}
        value={value || null}
        onChange={(chosen) => onType(chosen ?? "")}
      />
    );
  if (field.secret)
    return (
      <PasswordInput
        {...common}
        autoComplete="new-password"
        onChange={(event) => onType(event.currentTarget.value)}
      />
    );
  return <TextInput {...common} onChange={(event) => onType(event.currentTarget.value)} />;
}
