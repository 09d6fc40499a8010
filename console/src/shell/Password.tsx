import { Button, Modal, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";

export function Password({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useChange((body: object) => api.post("/session/password", body), [], "Password changed");
  const close = () => {
    setCurrent("");
    setPassword("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Change password" size="sm">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          change.mutate({ current, password }, { onSuccess: close });
        }}
      >
        <PasswordInput
          label="Current password"
          autoComplete="current-password"
          required
          mb={8}
          value={current}
          onChange={(e) => setCurrent(e.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          required
          mb={14}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        <Button type="submit" variant="filled" loading={change.isPending}>
          Change
        </Button>
      </form>
    </Modal>
  );
}
