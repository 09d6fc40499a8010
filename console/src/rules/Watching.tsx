import type { RuleWatch } from "../api/types";
import { duration } from "../format/time";
import { words } from "../format/words";
import { Facts, Section } from "../parts/Page";

const MODES = {
  exact: "exact: event by event, by the events' own time",
  compat: "compat: on ElastAlert's polls, with its ways",
};

/** How a rule of ElastAlert's kinds watches, where its two modes would answer differently, and whom it would tell. */
export function Watching({ watch }: { watch: RuleWatch }) {
  const other = watch.mode === "exact" ? "compat" : "exact";
  return (
    <Section title="How it watches">
      <Facts
        items={[
          ["Kind", words(watch.type)],
          ["Mode", MODES[watch.mode]],
          ["Late events", `counted up to ${duration(watch.lateness_s * 1000)} late`],
          ["Tells again", watch.realert_s ? `not before ${duration(watch.realert_s * 1000)}` : "each time"],
          ["Its author tells", watch.notify.map((each) => each.service).join(", ") || "nobody"],
        ]}
      />
      {watch.modes_differ.length > 0 && (
        <>
          <p style={{ margin: "8px 0 2px" }}>
            In mode <b>{other}</b> (<code>tocsin: {`{mode: ${other}}`}</code> in the rule) it would differ:
          </p>
          <ul style={{ margin: 0, paddingLeft: 18 }}>
            {watch.modes_differ.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
