import { Button, Switch } from "@mantine/core";
import { Link, useParams } from "react-router";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { ruleUrl, useRule } from "../api/rules";
import { useMay } from "../api/session";
import type { Rule } from "../api/types";
import { Page } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { useUrl } from "../url/state";
import { Editor } from "./Editor";
import { History } from "./History";
import { NEW_RULE } from "./template";
import { RuleHealthTab } from "./RuleHealth";
import "./rules.css";

const TABS = [
  { key: "text", title: "Text and tests" },
  { key: "health", title: "Health" },
  { key: "history", title: "History" },
];

/** One rule: its text with its tests beside it, how it does, and every version there was. */
export function RulePage() {
  const { id = "" } = useParams();
  const query = useRule(id);
  const { get, set } = useUrl();
  const tab = get("tab", "text");
  return (
    <Page title={query.data?.name ?? "Rule"} actions={query.data && <Actions rule={query.data} />}>
      <div className="column">
        <Tabs tabs={TABS} at={tab} onPick={(key) => set({ tab: key === "text" ? null : key })} />
        <Loaded query={query}>
          {(rule) => (
            <>
              {tab === "health" && <RuleHealthTab rule={rule} />}
              {tab === "history" && <History rule={rule} />}
              {tab === "text" && <Editor key={rule.id} rule={rule} />}
            </>
          )}
        </Loaded>
      </div>
    </Page>
  );
}

function Actions({ rule }: { rule: Rule }) {
  const may = useMay("rules:write");
  const change = useChange((enabled: boolean) => api.patch(ruleUrl(rule.id), { enabled }), [["rules"]]);
  return (
    <>
      <Link to={`/alerts?status=all&group=none&rule=${encodeURIComponent(rule.id)}`}>Its alerts</Link>
      {may && (
        <Button component={Link} to={`/exceptions?add=${encodeURIComponent(rule.id)}`}>
          Add exception
        </Button>
      )}
      <Switch
        label={rule.enabled ? "In use" : "Off"}
        checked={rule.enabled}
        disabled={!may || change.isPending}
        onChange={(e) => change.mutate(e.currentTarget.checked)}
      />
    </>
  );
}

/** A rule that is not saved yet. */
export function NewRule() {
  return (
    <Page title="New rule">
      <div className="column">
        <Editor rule={null} start={NEW_RULE()} />
      </div>
    </Page>
  );
}
