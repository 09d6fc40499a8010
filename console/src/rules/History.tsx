import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { type RuleVersion, ruleUrl, type Saved, useAspect, useRenewRules } from "../api/rules";
import { useMay } from "../api/session";
import type { Page, Rule } from "../api/types";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";

const ORIGIN = { file: "file", edit: "edited here", rollback: "put back", discard: "file put back" };

/** Every version of a rule: who, when, why, what changed; any can be put back. */
export function History({ rule }: { rule: Rule }) {
  const query = useAspect<Page<RuleVersion>>(rule.id, "versions");
  const [open, setOpen] = useState<number | null>(null);
  return (
    <Loaded query={query}>
      {({ items }) => {
        const at = open ?? items[0]?.number ?? 0;
        return (
          <div className="page-body">
            <div className="scroll" style={{ maxWidth: 460, borderRight: "1px solid var(--line)" }}>
              {items.map((one, i) => (
                <Version key={one.number} rule={rule} version={one} newest={i === 0} at={at} onOpen={setOpen} />
              ))}
            </div>
            {at > 0 && <Changes id={rule.id} number={at} />}
          </div>
        );
      }}
    </Loaded>
  );
}

interface VersionProps {
  rule: Rule;
  version: RuleVersion;
  newest: boolean;
  at: number;
  onOpen: (number: number) => void;
}

function Version({ rule, version, newest, at, onOpen }: VersionProps) {
  const may = useMay("rules:write");
  const renew = useRenewRules();
  const done = { onError: (error: unknown) => refuse(error), onSuccess: renew };
  const restore = useMutation({
    mutationFn: () => api.post<Saved>(ruleUrl(rule.id, `/versions/${version.number}/restore`), {}),
    ...done,
  });
  const discard = useMutation({ mutationFn: () => api.del(ruleUrl(rule.id, "/text")), ...done });
  return (
    <div className="section" style={{ background: at === version.number ? "var(--chosen)" : undefined }}>
      <button type="button" className="plain" onClick={() => onOpen(version.number)} style={{ display: "block" }}>
        <b>Version {version.number}</b> <span className="dim">{ORIGIN[version.origin]} · </span>
        <Time at={version.saved_at} as="full" />
        <div>
          {version.saved_by}
          {version.note && `: ${version.note}`}
        </div>
        <span className="mono dim">{version.version}</span>
        {newest && <span className="dim"> · in force</span>}
      </button>
      {may && (
        <div style={{ display: "flex", gap: 6, marginTop: 4 }}>
          {!newest && (
            <Button loading={restore.isPending} onClick={() => restore.mutate()}>
              Put back
            </Button>
          )}
          {newest && rule.edited && (
            <Button loading={discard.isPending} onClick={() => discard.mutate()}>
              Discard the edit: use the file
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Changes({ id, number }: { id: string; number: number }) {
  const query = useQuery({
    queryKey: ["rules", "one", id, "versions", number],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      if (number === 1) return (await api.get<{ text: string }>(ruleUrl(id, "/versions/1"))).text;
      const found = await api.get<{ diff: string }>(ruleUrl(id, "/versions/diff"), { before: number - 1, after: number });
      return found.diff || "The text is the same as before.";
    },
  });
  return (
    <Loaded query={query}>
      {(text) => (
        <pre className="diff scroll" aria-label={`Changes of version ${number}`}>
          {text.split("\n").map((line, i) => (
            // Lines of a diff have no name but their place.
            <span key={`${i}${line}`} className={number > 1 ? kindOf(line) : undefined}>
              {line}
              {"\n"}
            </span>
          ))}
        </pre>
      )}
    </Loaded>
  );
}

function kindOf(line: string): string | undefined {
  if (line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@")) return "dim";
  if (line.startsWith("+")) return "plus";
  return line.startsWith("-") ? "minus" : undefined;
}
