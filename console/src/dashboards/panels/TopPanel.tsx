import type { ItemsAnswer } from "../../api/dashboards";
import { count } from "../../format/number";
import { useColours } from "../colours";
import { figure } from "../figure";
import { isAway, type PictureProps } from "./props";

/** Values as bars, each a button. */
export function TopPanel({ panel, answer, onPart }: PictureProps<ItemsAnswer>) {
  const colours = useColours();
  const most = Math.max(1, ...answer.items.map((item) => item.value ?? 0));
  const isCount = !panel.measure || panel.measure.of === "count";
  return (
    <div className="scroll dash-top">
      {answer.items.map((item, at) => (
        <button
          key={item.key}
          type="button"
          className="plain dash-bar"
          title={`${item.key}\n${count(item.count)} of ${count(answer.total)}`}
          onClick={(event) => onPart({ fields: [[panel.field ?? "", item.key]] }, isAway(event))}
        >
          <i
            style={{
              width: `${(100 * (item.value ?? 0)) / most}%`,
              background: panel.field === "severity" ? colours.of(item.key, at) : colours.series[0],
            }}
          />
          <span className="cut">{item.key}</span>
          <span>{figure(item.value, panel.measure)}</span>
        </button>
      ))}
      {isCount && answer.other > 0 && (
        <div className="dash-bar dim">
          <span>other values</span>
          <span>{count(answer.other)}</span>
        </div>
      )}
    </div>
  );
}
