import { Link } from "react-router";
import { useLookup } from "../api/intel";
import type { Lookup } from "../api/types";
import { clause, term } from "../format/lucene";
import { count } from "../format/number";
import { Verdict } from "../parts/Chip";
import { Facts, Section } from "../parts/Page";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { Hostile } from "../parts/Value";
import { IndicatorTable } from "./IndicatorTable";

export function LookupResult({ value }: { value: string }) {
  const query = useLookup(value);
  if (!value) {
    return (
      <Empty title="What is known of a value?">
        Enter one above, such as <code>203.0.113.7</code>, <code>evil[.]example</code> or a SHA-256. Nothing
        leaves this machine: the answer comes from the indicators and events kept here.
      </Empty>
    );
  }
  return <Loaded query={query}>{(found) => <Found found={found} />}</Loaded>;
}

function Found({ found }: { found: Lookup }) {
  const { events } = found;
  return (
    <>
      <Section title={found.kind}>
        <div style={{ display: "flex", gap: 12, alignItems: "center", marginBottom: 8, fontSize: 15 }}>
          <Hostile value={found.value} kind={found.kind} />
          <Verdict value={found.verdict} />
        </div>
        <Facts
          items={[
            [
              "Events",
              <Link key="e" to={`/search?q=${encodeURIComponent(term(found.value))}&from=now-90d`}>
                {count(events.count)}
              </Link>,
            ],
            ["First seen", <Time key="f" at={events.first_at} as="full" />],
            ["Last seen", <Time key="l" at={events.last_at} as="full" />],
            [
              "Alerts",
              <Link
                key="a"
                to={`/alerts?status=all&group=none&q=${encodeURIComponent(clause("group_key", found.value))}`}
              >
                {count(found.alerts)}
              </Link>,
            ],
            ["Cases", count(found.cases)],
            [
              "Warninglists",
              found.warninglists.length
                ? found.warninglists.map((list) => `${list.name} (${list.category})`).join(", ")
                : "on none",
            ],
          ]}
        />
      </Section>
      <Section title={`Indicators (${found.indicators.length})`}>
        {found.indicators.length === 0 ? (
          <span className="dim">No feed names it.</span>
        ) : (
          <IndicatorTable items={found.indicators} most={15} />
        )}
      </Section>
    </>
  );
}
