import { Button, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useBlocker, useNavigate } from "react-router";
import { refuse } from "../api/changes";
import { ApiError, api } from "../api/client";
import { type Checked, checkText, ruleUrl, type Saved, useAspect, useRenewRules } from "../api/rules";
import { useMay } from "../api/session";
import type { Rule } from "../api/types";
import { useKeys } from "../keys/keys";
import { Tabs } from "../parts/Tabs";
import { BacktestPanel } from "./BacktestPanel";
import { CasesPanel } from "./CasesPanel";
import { RuleForm } from "./RuleForm";
import { TryPanel } from "./TryPanel";
import { type Mark, YamlEditor } from "./YamlEditor";

const BUILT_IN = ["level", "indicator"];

/** Where a refusal says the text is wrong. */
function markOf(error: unknown): Mark[] {
  if (!(error instanceof ApiError)) return [];
  const place = /:(\d+)(?::\d+)?$/.exec(String(error.problem.location ?? ""));
  return place ? [{ line: Number(place[1]), reason: error.message, kind: "error" }] : [];
}

/** Form and code of one text, with its cases, a trial and a backtest beside it. */
export function Editor({ rule, start = "" }: { rule: Rule | null; start?: string }) {
  if (rule && BUILT_IN.includes(rule.kind)) return <div className="pad dim">This rule is built in: it has no text.</div>;
  return rule ? <WithCases rule={rule} /> : <Desk rule={null} text={start} cases="" />;
}

function WithCases({ rule }: { rule: Rule }) {
  const cases = useAspect<{ text: string }>(rule.id, "cases");
  if (cases.isPending) return null;
  return <Desk rule={rule} text={rule.text ?? ""} cases={cases.data?.text ?? ""} />;
}

interface DeskProps {
  rule: Rule | null;
  text: string;
  cases: string;
}

function Desk({ rule, text: stored, cases: storedCases }: DeskProps) {
  const may = useMay("rules:write");
  const [text, setText] = useState(stored);
  const [cases, setCases] = useState(storedCases);
  const [note, setNote] = useState("");
  const [side, setSide] = useState("code");
  const changed = text !== stored || cases !== storedCases;
  const ruleId = rule?.id ?? "";
  const check = useMutation<Checked, unknown, void>({ mutationFn: () => checkText({ text, cases, rule_id: ruleId }) });
  const save = useSave(rule, { text, cases, note }, cases !== storedCases);
  const { mutate: look } = check;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what a check is about
  useEffect(() => {
    const timer = setTimeout(() => look(), 600);
    return () => clearTimeout(timer);
  }, [text, cases, look]);
  const leaving = useBlocker(changed && may && !save.isPending && !save.isSuccess);
  useEffect(() => {
    if (leaving.state !== "blocked") return;
    if (window.confirm("Leave the text without saving it?")) leaving.proceed();
    else leaving.reset();
  }, [leaving]);
  useKeys({ "ctrl+s": () => may && changed && save.mutate("") });
  const marks = useMemo<Mark[]>(
    () =>
      check.error
        ? markOf(check.error)
        : (check.data?.remarks ?? []).map((one) => ({ line: one.line, reason: one.reason, kind: "warning" as const })),
    [check.error, check.data],
  );
  return (
    <>
      <div className="toolbar">
        <Verdict checked={check.data} error={check.error} pending={check.isPending} />
        <div style={{ flex: 1 }} />
        {may && (
          <>
            <TextInput
              aria-label="What was changed, and why"
              placeholder="What was changed, and why"
              w={260}
              value={note}
              onChange={(e) => setNote(e.currentTarget.value)}
            />
            <Button
              variant="filled"
              disabled={!changed && rule !== null}
              loading={save.isPending}
              onClick={() => save.mutate("")}
            >
              Save
            </Button>
            {changed && rule && (
              <Button
                onClick={() => {
                  setText(stored);
                  setCases(storedCases);
                }}
              >
                Revert
              </Button>
            )}
          </>
        )}
      </div>
      {save.refusal && <Refusal refusal={save.refusal} onOverride={(why) => save.mutate(why)} />}
      <div className="rule-desk">
        <div className="column">
          <Tabs
            tabs={[
              { key: "code", title: "Form and code" },
              { key: "cases", title: "Cases", count: check.data?.cases.length },
            ]}
            at={side}
            onPick={setSide}
          />
          {side === "code" ? (
            <div className="form-and-code">
              <RuleForm text={text} onChange={setText} readOnly={!may} />
              <YamlEditor value={text} label="Text of the rule" onChange={setText} marks={marks} readOnly={!may} />
            </div>
          ) : (
            <YamlEditor value={cases} label="Cases of the rule" onChange={setCases} readOnly={!may} />
          )}
        </div>
        <div className="tests scroll">
          <CasesPanel
            results={check.data?.cases}
            onWrite={may ? (example) => { setCases(example); setSide("cases"); } : undefined}
          />
          <TryPanel text={text} />
          <BacktestPanel text={text} ruleId={ruleId} changed={text !== stored} />
        </div>
      </div>
    </>
  );
}

function useSave(rule: Rule | null, draft: { text: string; cases: string; note: string }, withCases: boolean) {
  const renew = useRenewRules();
  const navigate = useNavigate();
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const mutation = useMutation({
    mutationFn: (override: string) => {
      const body = {
        text: draft.text,
        cases: withCases || !rule ? draft.cases : null,
        note: draft.note,
        override,
      };
      return rule
        ? api.put<Saved>(ruleUrl(rule.id, "/text"), { ...body, based_on: rule.version })
        : api.post<Saved>("/rules", body);
    },
    onError: (error) => {
      const code = error instanceof ApiError ? error.problem.code : "";
      if (error instanceof ApiError && ["cases-failed", "over-budget"].includes(code ?? "")) setRefusal(error);
      else refuse(error, "Not saved");
    },
    onSuccess: async (saved) => {
      setRefusal(null);
      notifications.show({ message: `Saved as version ${saved.number}` });
      await renew();
      if (!rule) navigate(`/rules/${encodeURIComponent(saved.rule.id)}`);
      mutation.reset();
    },
  });
  return { ...mutation, refusal };
}

function Verdict({ checked, error, pending }: { checked?: Checked; error: unknown; pending: boolean }) {
  if (error) return <span style={{ color: "var(--sev-2)" }}>{error instanceof Error ? error.message : "refused"}</span>;
  if (!checked) return <span className="dim">{pending ? "Reading …" : ""}</span>;
  const { rule, remarks } = checked;
  return (
    <span>
      Reads as a {rule.type ?? rule.kind} rule, level {rule.level}
      {rule.logsource && <span className="dim"> of {rule.logsource}</span>}
      {remarks.length > 0 && <span style={{ color: "var(--sev-1)" }}> · {remarks.length} remarks</span>}
    </span>
  );
}

/** Why the text is not in force, and the way to put it in force all the same. */
function Refusal({ refusal, onOverride }: { refusal: ApiError; onOverride: (why: string) => void }) {
  const [why, setWhy] = useState("");
  return (
    <div role="alert" className="toolbar" style={{ background: "var(--matched)" }}>
      <span style={{ flex: 1, minWidth: 260 }}>
        <b>Not saved. </b>
        {refusal.message}
      </span>
      <TextInput
        aria-label="Why it is saved all the same"
        placeholder="Why it is saved all the same"
        w={240}
        value={why}
        onChange={(e) => setWhy(e.currentTarget.value)}
      />
      <Button disabled={!why.trim()} onClick={() => onOverride(why)}>
        Override and save
      </Button>
    </div>
  );
}
