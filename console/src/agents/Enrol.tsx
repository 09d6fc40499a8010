import { Button, Code, Modal, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { EnrolToken } from "../api/types";
import { Time } from "../parts/Time";
import { CopyButton } from "../parts/Value";

/** Make an enrolment token and show the command to run on the host. The token is shown once. */
export function Enrol({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [uses, setUses] = useState<number | string>(1);
  const create = useChange((body: object) => api.post<EnrolToken>("/agents/tokens", body), [["agents"]]);
  const made = create.data;
  const close = () => {
    create.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Enrol an agent" size="lg">
      {made ? (
        <>
          <p style={{ marginTop: 0 }}>
            Run this on the host. It works until <Time at={made.expires_at} as="full" />.
          </p>
          <div style={{ display: "flex", gap: 6, alignItems: "flex-start" }}>
            <Code block className="pre" style={{ flex: 1 }}>
              {made.command ?? made.token}
            </Code>
            <CopyButton text={made.command ?? made.token ?? ""} label="Copy command" />
          </div>
          <Button mt={12} onClick={close}>
            Done
          </Button>
        </>
      ) : (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            create.mutate({ name: name.trim() || undefined, uses: Number(uses), expires_in_s: 24 * 3600 });
          }}
        >
          <TextInput
            label="Name"
            description="What the token is for"
            data-autofocus
            mb={8}
            value={name}
            onChange={(e) => setName(e.currentTarget.value)}
          />
          <NumberInput
            label="Hosts it may enrol"
            min={1}
            max={10000}
            mb={12}
            value={uses}
            onChange={setUses}
          />
          <Button type="submit" variant="filled" loading={create.isPending}>
            Make token
          </Button>
        </form>
      )}
    </Modal>
  );
}
