import { Link } from "react-router";
import type { TableAnswer } from "../../api/dashboards";
import { count, text } from "../../format/number";
import { Time } from "../../parts/Time";
import { rowsLink } from "../drill";
import { isAway, type PictureProps } from "./props";

/** Events, alerts or cases as rows; the time opens the row, a value narrows the dashboard to it. */
export function TablePanel({ panel, answer, onPart }: PictureProps<TableAnswer>) {
  const source = panel.source ?? "events";
  const to = (row: TableAnswer["rows"][number]) => {
    if (source !== "events") return `/${source}/${source === "cases" ? row.number : row.id}`;
    return `${rowsLink(panel, [], { from: answer.from, to: answer.to })}&event=${encodeURIComponent(row.id)}`;
  };
  return (
    <div className="scroll">
      <table className="dash-table">
        <thead>
          <tr>
            <th>{source === "events" ? "time" : "opened"}</th>
            {answer.columns.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <tr key={row.id}>
              <td>
                <Link to={to(row)}>
                  <Time at={row.at} />
                </Link>
              </td>
              {row.values.map((value, at) => {
                const name = answer.columns[at] ?? "";
                const words = text(value);
                const canNarrow = source === "events" && words && name !== "message" && !Array.isArray(value);
                return (
                  <td key={name} title={words}>
                    {canNarrow ? (
                      <button
                        type="button"
                        className="plain cut"
                        onClick={(event) => onPart({ fields: [[name, value]] }, isAway(event))}
                      >
                        {words}
                      </button>
                    ) : (
                      words
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {answer.total > answer.rows.length && (
        <button type="button" className="plain dim dash-more" onClick={() => onPart({}, true)}>
          all {count(answer.total)}
        </button>
      )}
    </div>
  );
}
