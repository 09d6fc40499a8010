import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { IconDownload, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { api } from "../api/client";
import { type Attack, type CoveringRule, layerUrl } from "../api/rules";
import type { Page as List } from "../api/types";
import { count } from "../format/number";
import { useKeys } from "../keys/keys";
import { Page } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { useUrl } from "../url/state";
import { DataGaps } from "./DataGaps";
import { folded, heat, type Score, scoreOf } from "./heat";
import "./coverage.css";

/** Which ATT&CK techniques are watched for, which of them were seen, and what the data lacks. */
export function Coverage() {
  const { get, set } = useUrl();
  const tab = get("tab", "attack");
  const score: Score = get("score") === "fired" ? "fired" : "rules";
  const open = get("technique");
  useKeys({ escape: () => set({ technique: null }) });
  return (
    <Page
      title="Coverage"
      actions={
        <Button component="a" href={layerUrl(score)} download leftSection={<IconDownload size={14} />}>
          Navigator layer
        </Button>
      }
    >
      <div className="column">
        <Tabs
          tabs={[
            { key: "attack", title: "ATT&CK" },
            { key: "gaps", title: "Gaps in the data" },
          ]}
          at={tab}
          onPick={(key) => set({ tab: key, technique: null })}
        />
        {tab === "gaps" ? <DataGaps /> : <Matrix score={score} open={open} />}
      </div>
      {open && tab === "attack" && <TechniqueRules id={open} onClose={() => set({ technique: null })} />}
    </Page>
  );
}

function Matrix({ score, open }: { score: Score; open: string }) {
  const { set } = useUrl();
  const query = useQuery({ queryKey: ["coverage", "attack"], queryFn: () => api.get<Attack>("/coverage/attack") });
  return (
    <Loaded query={query}>
      {(attack) => {
        const columns = attack.tactics.map((tactic) => ({ tactic, cells: folded(attack.techniques, tactic) }));
        const most = Math.max(1, ...columns.flatMap(({ cells }) => cells.map((cell) => scoreOf(cell, score))));
        return (
          <>
            <div className="toolbar">
              <span>
                <b>{count(attack.covered)}</b> of {count(attack.techniques.length)} techniques and sub-techniques have a
                rule that is on; {count(attack.untagged_rules)} rules that are on name none
              </span>
              <div style={{ flex: 1 }} />
              <SegmentedControl
                aria-label="Score"
                data={[
                  { value: "rules", label: "Rules that are on" },
                  { value: "fired", label: "Rules that matched" },
                ]}
                value={score}
                onChange={(value) => set({ score: value })}
              />
            </div>
            <div className="scroll">
              <div className="matrix">
                {columns.map(({ tactic, cells }) => (
                  <div key={tactic}>
                    <h2>
                      {tactic}{" "}
                      <span className="dim">
                        {cells.filter((cell) => scoreOf(cell, score) > 0).length}/{cells.length}
                      </span>
                    </h2>
                    {cells.map((cell) => {
                      const value = scoreOf(cell, score);
                      const share = Math.round(heat(value, most) * 60);
                      return (
                        <button
                          key={cell.id}
                          type="button"
                          aria-pressed={cell.id === open}
                          title={`${cell.id} ${cell.name}: ${cell.enabled} rules on, ${cell.disabled} off, ${cell.fired} matched ${count(cell.matches)} times`}
                          style={{
                            background: `color-mix(in srgb, light-dark(#4c6ef5, #5c7cfa) ${share}%, transparent)`,
                          }}
                          onClick={() => set({ technique: cell.id })}
                        >
                          {cell.name} <b style={{ float: "right" }}>{value || ""}</b>
                        </button>
                      );
                    })}
                  </div>
                ))}
              </div>
            </div>
          </>
        );
      }}
    </Loaded>
  );
}

function TechniqueRules({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: ["coverage", "rules", id],
    queryFn: () => api.get<List<CoveringRule>>("/coverage/rules", { technique: id }),
  });
  return (
    <aside className="flyout" aria-label="Rules of the technique">
      <div className="section" style={{ display: "flex", gap: 10 }}>
        <b style={{ flex: 1 }}>{id}</b>
        <a href={`https://attack.mitre.org/techniques/${id}/`} target="_blank" rel="noreferrer noopener">
          at MITRE
        </a>
        <ActionIcon aria-label="Close" onClick={onClose}>
          <IconX size={15} />
        </ActionIcon>
      </div>
      <div className="scroll">
        <Loaded query={query}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No rule watches for it">Tag a rule with the technique, or switch one on that has it.</Empty>
            ) : (
              items.map((rule) => (
                <div key={`${rule.kind}${rule.id}`} className="section">
                  {rule.kind === "wazuh" ? (
                    <span>
                      {rule.name} <span className="dim">rule {rule.id}</span>
                    </span>
                  ) : (
                    <Link to={`/rules/${encodeURIComponent(rule.id)}`}>{rule.name}</Link>
                  )}
                  <div className="dim">
                    {rule.kind} · {rule.enabled ? "on" : "off"} · {count(rule.matches)} matches ·{" "}
                    {rule.techniques.join(", ")}
                  </div>
                </div>
              ))
            )
          }
        </Loaded>
      </div>
    </aside>
  );
}
