import { Button, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { useSubjectChanges } from "../api/subject";
import { guessKind, KINDS, refang } from "./kinds";

export function AddObservable({ path, onDone }: { path: string; onDone: () => void }) {
  const [value, setValue] = useState("");
  const [kind, setKind] = useState<string | null>(null);
  const { addObservable } = useSubjectChanges(path);
  const guessed = kind ?? guessKind(value);
  return (
    <form
      style={{ display: "flex", gap: 8, marginBottom: 8 }}
      onSubmit={(e) => {
        e.preventDefault();
        addObservable.mutate({ kind: guessed, value: refang(value) }, { onSuccess: onDone });
      }}
    >
      <TextInput
        aria-label="Value"
        placeholder="Address, domain, URL, hash… (defanged is fine)"
        autoFocus
        style={{ flex: 1 }}
        value={value}
        onChange={(e) => setValue(e.currentTarget.value)}
      />
      <Select aria-label="Kind" w={110} data={KINDS} value={guessed} onChange={setKind} />
      <Button type="submit" disabled={!value.trim()} loading={addObservable.isPending}>
        Add
      </Button>
    </form>
  );
}
