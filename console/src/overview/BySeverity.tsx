import { Link } from "react-router";
import type { Severity as Level } from "../api/types";
import { count } from "../format/number";
import { SEVERITIES } from "../format/words";
import { Severity } from "../parts/Severity";

const LEVELS: Level[] = [4, 3, 2, 1];

/** How many of each severity, as bars that lead to their rows. The API names severities by number or by word. */
export function BySeverity({
  title,
  counts,
  to,
}: {
  title: string;
  counts: Record<string, number>;
  to: (level: Level) => string;
}) {
  const of = (level: Level) => counts[String(level)] ?? counts[SEVERITIES[level].toLowerCase()] ?? 0;
  const most = Math.max(1, ...LEVELS.map(of));
  return (
    <section className="box">
      <h2>{title}</h2>
      {LEVELS.map((level) => (
        <Link
          key={level}
          to={to(level)}
          style={{
            display: "grid",
            gridTemplateColumns: "90px 1fr 60px",
            gap: 8,
            alignItems: "center",
            height: 26,
            color: "inherit",
          }}
        >
          <Severity level={level} />
          <div
            style={{
              height: 10,
              borderRadius: 2,
              background: `var(--sev-${level})`,
              opacity: 0.8,
              width: `${(100 * of(level)) / most}%`,
            }}
          />
          <span className="right">{count(of(level))}</span>
        </Link>
      ))}
    </section>
  );
}
