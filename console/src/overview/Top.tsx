import { Link } from "react-router";
import type { TopItem } from "../api/types";
import { count } from "../format/number";

interface Props {
  title: string;
  items: TopItem[] | undefined;
  to: (key: string) => string;
  none: string;
}

export function Top({ title, items = [], to, none }: Props) {
  const most = Math.max(1, ...items.map((item) => item.count));
  return (
    <section className="box">
      <h2>{title}</h2>
      {items.length === 0 && <span className="dim">{none}</span>}
      {items.slice(0, 8).map((item) => {
        const key = item.id ?? item.key ?? item.value ?? item.name ?? "";
        const label = item.name ?? item.label ?? item.value ?? key;
        return (
          <Link
            key={key}
            to={to(key)}
            title={label}
            style={{
              display: "grid",
              gridTemplateColumns: "1fr 60px",
              height: 24,
              alignItems: "center",
              color: "inherit",
              background: `linear-gradient(var(--chosen), var(--chosen)) no-repeat 0 50% / ${(82 * item.count) / most}% 20px`,
              paddingLeft: 6,
              marginBottom: 2,
            }}
          >
            <span className="cut">{label}</span>
            <span className="right">{count(item.count)}</span>
          </Link>
        );
      })}
    </section>
  );
}
