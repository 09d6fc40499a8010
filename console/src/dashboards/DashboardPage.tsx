import { useMemo } from "react";
import { useParams } from "react-router";
import { type Dashboard, useDashboard } from "../api/dashboards";
import { Page } from "../parts/Page";
import { Loaded } from "../parts/State";
import { EditPage } from "./EditPage";
import { settled } from "./layout";
import { useBoardState } from "./state";
import { ViewPage } from "./ViewPage";
import "./dashboards.css";

export function DashboardPage() {
  const { id = "" } = useParams();
  const query = useDashboard(id);
  if (query.data?.id === id) return <Shown key={id} dashboard={query.data} />;
  return (
    <Page title="Dashboard">
      <div className="scroll">
        <Loaded query={query}>{() => null}</Loaded>
      </div>
    </Page>
  );
}

function Shown({ dashboard }: { dashboard: Dashboard }) {
  // Documents from elsewhere may lay panels on each other, or leave holes.
  const document = useMemo(
    () => ({ ...dashboard.document, panels: settled(dashboard.document.panels) }),
    [dashboard.document],
  );
  const shown = { ...dashboard, document };
  const state = useBoardState(document);
  const isEditing = state.isEditing && dashboard.may_change;
  // A version saved meanwhile begins a new editing.
  return isEditing ? (
    <EditPage key={dashboard.version} dashboard={shown} state={state} />
  ) : (
    <ViewPage dashboard={shown} state={state} />
  );
}
