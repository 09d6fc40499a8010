import type { ReactNode } from "react";
import { Link } from "react-router";
import { Empty } from "../parts/State";

const WAYS: { title: string; how: ReactNode }[] = [
  {
    title: "An agent",
    how: (
      <>
        follows logs and watches the host: <Link to="/agents">enrol one</Link> and run the command shown.
      </>
    ),
  },
  {
    title: "Syslog",
    how: (
      <>
        <code>[syslog] tcp_port = 5514</code> in tocsin.toml, then <code>*.* @@HOST:5514</code> in rsyslog.
      </>
    ),
  },
  {
    title: "Beats and Logstash",
    how: (
      <>
        <code>[beats] port = 5044</code> in tocsin.toml, then{" "}
        <code>output.logstash.hosts: ["HOST:5044"]</code> in filebeat.yml.
      </>
    ),
  },
  {
    title: "What ships to Elasticsearch",
    how: (
      <>
        an API key of the role agent, and <code>{`${window.location.origin}/compat/elastic`}</code> as the
        address.
      </>
    ),
  },
  {
    title: "Files",
    how: (
      <>
        <code>tocsin import FILE</code>: text, JSON, CSV, Windows event logs.
      </>
    ),
  },
];

/** What to do while nothing sends yet. */
export function WaysIn() {
  return (
    <Empty title="Nothing sends yet">
      Each way in gets a line here that accounts for every record it sent.
      <dl style={{ display: "grid", gap: 6, marginTop: 10 }}>
        {WAYS.map(({ title, how }) => (
          <div key={title}>
            <dt>
              <b>{title}</b>
            </dt>
            <dd style={{ margin: 0 }}>{how}</dd>
          </div>
        ))}
      </dl>
    </Empty>
  );
}
