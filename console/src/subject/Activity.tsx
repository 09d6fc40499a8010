import { useActivity } from "../api/subject";
import type { Activity as Item } from "../api/types";
import { text } from "../format/number";
import { words } from "../format/words";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";

/** Who did what, newest first, as the audit trail has it. */
export function Activity({ path }: { path: string }) {
  const query = useActivity(path);
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="Nothing has happened yet">Every change appears here with who made it.</Empty>
        ) : (
          <ol style={{ listStyle: "none", margin: 0, padding: "8px 14px" }}>
            {items.map((item) => (
              <li
                key={`${item.at}${item.action}`}
                style={{
                  display: "grid",
                  gridTemplateColumns: "140px 100px minmax(0, 1fr)",
                  gap: 10,
                  minHeight: 24,
                }}
              >
                <span className="dim">
                  <Time at={item.at} />
                </span>
                <b className="cut">{item.actor}</b>
                <span style={{ overflowWrap: "anywhere" }}>
                  {words(item.action)} <span className="dim mono">{details(item)}</span>
                </span>
              </li>
            ))}
          </ol>
        )
      }
    </Loaded>
  );
}

function details({ details: given }: Item): string {
  if (!given) return "";
  if (typeof given === "string") return given;
  return Object.entries(given)
    .map(([name, value]) => `${name}: ${text(value)}`)
    .join(", ");
}
