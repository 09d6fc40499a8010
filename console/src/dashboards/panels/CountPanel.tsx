import type { CountAnswer } from "../../api/dashboards";
import { change, figure, measured } from "../figure";
import type { PictureProps } from "./props";

/** One figure, and how it stands to the span before. */
export function CountPanel({ panel, answer, onPart }: PictureProps<CountAnswer>) {
  const moved = change(answer.value, answer.previous);
  return (
    <button
      type="button"
      className="plain dash-count"
      title={`${measured(panel.measure, panel.source ?? "events")}: show the rows`}
      onClick={() => onPart({}, true)}
    >
      <b>{figure(answer.value, panel.measure)}</b>
      {answer.compared && (
        <span className="dim">
          {moved && <b>{moved}</b>} {answer.previous === null ? "no figure before" : "before: "}
          {answer.previous !== null && figure(answer.previous, panel.measure)}
        </span>
      )}
    </button>
  );
}
