import { useParams } from "react-router";
import { useAlert } from "../api/alerts";
import { Page } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Actions } from "./Actions";
import { AlertDetails } from "./AlertDetails";

/** One alert as a page of its own, for a link. */
export function AlertPage() {
  const { id = "" } = useParams();
  const query = useAlert(id);
  return (
    <Page title={query.data ? `Alert #${query.data.number}` : "Alert"}>
      <div className="column" style={{ maxWidth: 980 }}>
        <Loaded query={query}>
          {(alert) => (
            <>
              <Actions chosen={[]} target={alert} onDone={() => undefined} />
              <AlertDetails alert={alert} />
            </>
          )}
        </Loaded>
      </div>
    </Page>
  );
}
