import type { AttackAnswer } from "../../api/dashboards";
import { count } from "../../format/number";
import { useColours } from "../colours";
import { isAway, type PictureProps } from "./props";

/** The techniques seen, by tactic, the darker the more often. */
export function AttackPanel({ panel, answer, onPart }: PictureProps<AttackAnswer>) {
  const colours = useColours();
  const most = Math.max(1, ...answer.tactics.flatMap((tactic) => tactic.techniques.map((one) => one.count)));
  const field = panel.field ?? (panel.source === "alerts" ? "technique" : "threat.technique.id");
  return (
    <div className="scroll dash-attack">
      {answer.tactics.map((tactic) => (
        <div key={tactic.name}>
          <h3>{tactic.name}</h3>
          {tactic.techniques.map((one) => {
            const share = Math.log1p(one.count) / Math.log1p(most);
            return (
              <button
                key={one.id}
                type="button"
                className="plain"
                title={`${one.id} ${one.name}: ${count(one.count)}`}
                style={{
                  background: `color-mix(in srgb, ${colours.series[0]} ${Math.round(8 + share * 42)}%, transparent)`,
                }}
                onClick={(event) => onPart({ fields: [[field, one.id]] }, isAway(event))}
              >
                <span className="cut">{one.name}</span>
                <span className="mono dim">
                  {one.id} <b>{count(one.count)}</b>
                </span>
              </button>
            );
          })}
        </div>
      ))}
    </div>
  );
}
