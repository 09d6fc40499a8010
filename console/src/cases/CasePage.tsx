import { useParams } from "react-router";
import { useCase } from "../api/cases";
import type { Case } from "../api/types";
import { useKeys } from "../keys/keys";
import { Page } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Tabs } from "../parts/Tabs";
import { Activity } from "../subject/Activity";
import { Observables } from "../subject/Observables";
import { Runs } from "../subject/Runs";
import { useUrl } from "../url/state";
import { CaseAlerts } from "./CaseAlerts";
import { CaseHeader } from "./CaseHeader";
import { Description } from "./Description";
import { Evidence } from "./Evidence";
import { Rail } from "./Rail";
import { Tasks } from "./Tasks";
import { Timeline } from "./Timeline";

export function CasePage() {
  const { id = "" } = useParams();
  const query = useCase(id);
  return (
    <Page title={query.data ? `Case #${query.data.number}` : "Case"}>
      <Loaded query={query}>{(found) => <Body found={found} />}</Loaded>
    </Page>
  );
}

/** Each tab has a digit, and keeps it. */
const TABS = [
  "description",
  "tasks",
  "observables",
  "alerts",
  "timeline",
  "evidence",
  "playbooks",
  "activity",
];

function Body({ found }: { found: Case }) {
  const { get, set } = useUrl();
  const tab = get("tab", "description");
  useKeys(Object.fromEntries(TABS.map((name, i) => [String(i + 1), () => set({ tab: name }, true)])));
  const counts: Record<string, number | undefined> = {
    tasks: found.open_task_count,
    observables: found.observable_count,
    alerts: found.alert_count,
  };
  const tabs = TABS.map((key) => ({
    key,
    title: key.charAt(0).toUpperCase() + key.slice(1),
    count: counts[key],
  }));
  const path = `/cases/${found.id}`;
  return (
    <>
      <div className="column">
        <CaseHeader found={found} />
        <Tabs tabs={tabs} at={tab} onPick={(key) => set({ tab: key }, true)} numbered />
        <div className="scroll" role="tabpanel">
          {tab === "description" && <Description found={found} />}
          {tab === "tasks" && <Tasks found={found} />}
          {tab === "observables" && <Observables path={path} />}
          {tab === "alerts" && <CaseAlerts found={found} />}
          {tab === "timeline" && <Timeline found={found} />}
          {tab === "evidence" && <Evidence found={found} />}
          {tab === "playbooks" && <Runs path={path} type="case" id={found.id} />}
          {tab === "activity" && <Activity path={path} />}
        </div>
      </div>
      <Rail found={found} />
    </>
  );
}
