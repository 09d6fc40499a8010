import { Autocomplete, Button, Modal, NumberInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { useRules } from "../api/rules";
import { useUser } from "../api/session";
import { count } from "../format/number";
import { words } from "../format/words";
import { ErrorBox } from "../parts/State";

interface Tried {
  complete: boolean;
  events: number;
  alerts_before: number;
  alerts_after: number;
  removed: number;
  closed_as: Record<string, number>;
}

const DAY_MS = 86_400_000;

/** An exception to add: scope, condition, reason, owner and end; tried on the last days before it counts. */
export function AddException({ rule, onClose }: { rule: string; onClose: () => void }) {
  const client = useQueryClient();
  const rules = useRules();
  const user = useUser();
  const [scope, setScope] = useState(rule);
  const [condition, setCondition] = useState("");
  const [reason, setReason] = useState("");
  const [owner, setOwner] = useState(user.login);
  const [days, setDays] = useState<string | number>(90);
  const named = rules.data?.items.find((one) => one.id === scope || one.name === scope);
  const rule_id = named?.id ?? scope.trim();
  const trial = useMutation({
    mutationFn: () => api.post<Tried>("/exceptions/backtest", { rule_id, condition }),
  });
  const add = useMutation({
    mutationFn: () =>
      api.post("/exceptions", {
        rule_id,
        condition,
        reason,
        owner,
        expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      }),
    onError: (error) => refuse(error),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["exceptions"] });
      onClose();
    },
  });
  const ready = condition.trim() && reason.trim() && Number(days) > 0;
  return (
    <Modal opened onClose={onClose} title="Add an exception" size="lg">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (ready) add.mutate();
        }}
        style={{ display: "flex", flexDirection: "column", gap: 8 }}
      >
        <Autocomplete
          label="Rule"
          description={named && named.id !== named.name ? named.name : "Id or name; empty: every rule"}
          size="xs"
          limit={20}
          data={rules.data?.items.map((one) => one.name).filter((name, i, all) => all.indexOf(name) === i) ?? []}
          value={scope}
          onChange={setScope}
        />
        <Textarea
          label="Condition"
          description="In the language of searches; matches that fulfil it stay silent"
          className="query"
          placeholder="source.ip: 192.0.2.7 AND user.name: scanner"
          value={condition}
          onChange={(e) => setCondition(e.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          label="Reason"
          placeholder="Our own scanner, ticket 4711"
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
        <div style={{ display: "flex", gap: 8 }}>
          <TextInput label="Owner" style={{ flex: 1 }} value={owner} onChange={(e) => setOwner(e.currentTarget.value)} />
          <NumberInput label="Expires after days" min={1} max={366} w={150} value={days} onChange={setDays} />
        </div>
        {trial.error && <ErrorBox error={trial.error} />}
        {trial.data && !trial.error && <Found tried={trial.data} />}
        <div style={{ display: "flex", gap: 8 }}>
          <Button
            disabled={!condition.trim() || !rule_id}
            title={rule_id ? "" : "Choose a rule: only one rule's past is tried"}
            loading={trial.isPending}
            onClick={() => trial.mutate()}
          >
            Try it on the last seven days
          </Button>
          <Button type="submit" variant="filled" disabled={!ready} loading={add.isPending}>
            Put in force
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Found({ tried }: { tried: Tried }) {
  const closed = Object.entries(tried.closed_as).map(([name, n]) => `${n} ${words(name).toLowerCase()}`);
  return (
    <div role="status" className="box">
      It would have removed <b>{count(tried.removed)}</b> of {count(tried.alerts_before)} alerts
      {closed.length > 0 && `; by the last closed alert of the same key those were ${closed.join(", ")}`}.
      {!tried.complete && " The test ended early: there is more in the log."}
    </div>
  );
}
