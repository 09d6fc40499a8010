import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import { tryText } from "../api/rules";
import type { TocsinEvent } from "../api/types";
import { useKeys } from "../keys/keys";
import { ErrorBox } from "../parts/State";
import { Conditions } from "./Conditions";
import { eventOf, pasted } from "./pasted";

const EXAMPLE = '{"user.name": "eve", "host.name": "web-1", "message": "Failed password for eve"}';

/** Why the text would or would not fire on an event: one that is pasted, or one of the log. */
export function TryPanel({ text }: { text: string }) {
  const [event, setEvent] = useState("");
  const [id, setId] = useState("");
  const trial = useMutation({ mutationFn: async () => tryText(text, eventOf(event)) });
  const fetch = useMutation({
    mutationFn: (wanted: string) => api.get<TocsinEvent>(`/events/${encodeURIComponent(wanted)}`),
    onSuccess: (found) => setEvent(pasted(found)),
  });
  useKeys({ "ctrl+enter": () => event.trim() && trial.mutate() });
  const found = trial.data;
  return (
    <section className="section">
      <h2>Would it fire on this event?</h2>
      <Textarea
        aria-label="Event as JSON"
        className="query"
        minRows={3}
        maxRows={8}
        placeholder={EXAMPLE}
        value={event}
        onChange={(e) => setEvent(e.currentTarget.value)}
      />
      <div style={{ display: "flex", gap: 6, margin: "6px 0" }}>
        <Button variant="filled" disabled={!event.trim()} loading={trial.isPending} onClick={() => trial.mutate()}>
          Try it
        </Button>
        <TextInput
          aria-label="Id of an event of the log"
          placeholder="or the id of an event of the log"
          style={{ flex: 1 }}
          value={id}
          onChange={(e) => setId(e.currentTarget.value)}
          onKeyDown={(e) => e.key === "Enter" && id.trim() && fetch.mutate(id.trim())}
        />
        <Button disabled={!id.trim()} loading={fetch.isPending} onClick={() => fetch.mutate(id.trim())}>
          Fetch
        </Button>
      </div>
      {fetch.error && <ErrorBox error={fetch.error} />}
      {trial.error && <ErrorBox error={trial.error} />}
      {found && !trial.error && (
        <div role="status">
          <b style={{ color: found.matched ? "light-dark(#1f7a33, #69db7c)" : "var(--sev-2)" }}>
            {found.matched ? "It would: every condition that must hold does." : "It would not."}
          </b>
          <Conditions condition={found.conditions} />
        </div>
      )}
    </section>
  );
}
