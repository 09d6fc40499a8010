import { type ReactNode, useState } from "react";
import type { Alert } from "../api/types";
import { Tabs } from "../parts/Tabs";
import { Activity } from "../subject/Activity";
import { Comments } from "../subject/Comments";
import { Decisions } from "../subject/Decisions";
import { Observables } from "../subject/Observables";
import { Runs } from "../subject/Runs";
import { SimilarList } from "../subject/Similar";
import { AlertEvents } from "./AlertEvents";
import { AlertHeader } from "./AlertHeader";
import { Entities } from "./Entities";
import { Why } from "./Why";

/** Everything an analyst needs to decide about one alert, in the order it is asked. */
export function AlertDetails({ alert, corner }: { alert: Alert; corner?: ReactNode }) {
  const [tab, setTab] = useState("triage");
  const path = `/alerts/${alert.id}`;
  const tabs = [
    { key: "triage", title: "Triage" },
    { key: "events", title: "Events", count: alert.event_count },
    { key: "similar", title: "Similar" },
    { key: "runs", title: "Runs" },
    { key: "activity", title: "Activity" },
  ];
  return (
    <>
      <AlertHeader alert={alert} corner={corner} />
      <Tabs tabs={tabs} at={tab} onPick={setTab} />
      <div className="scroll">
        {tab === "triage" && (
          <>
            <Decisions path={path} />
            <Why alert={alert} />
            <Entities alert={alert} />
            <Observables path={path} />
            <Comments path={path} />
          </>
        )}
        {tab === "events" && <AlertEvents alert={alert} />}
        {tab === "similar" && <SimilarList path={path} />}
        {tab === "runs" && <Runs path={path} type="alert" id={alert.id} />}
        {tab === "activity" && <Activity path={path} />}
      </div>
    </>
  );
}
