import type { ReactNode } from "react";
import { useEffect } from "react";

/** A page with its heading; `actions` stand at the right. */
export function Page({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Tocsin`;
  }, [title]);
  return (
    <main className="page">
      <header className="page-head">
        <h1>{title}</h1>
        <div style={{ flex: 1 }} />
        {actions}
      </header>
      <div className="page-body">{children}</div>
    </main>
  );
}

export function Section({
  title,
  aside,
  children,
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section">
      <h2>
        {title}
        {aside && <span style={{ marginLeft: "auto", fontWeight: 400 }}>{aside}</span>}
      </h2>
      {children}
    </section>
  );
}

export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
