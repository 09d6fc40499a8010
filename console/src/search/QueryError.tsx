import { ApiError } from "../api/client";
import { ErrorBox } from "../parts/State";

interface Props {
  query: string;
  error: unknown;
  retry: () => void;
}

/** A query that cannot be read is shown again with a mark where it went wrong. */
export function QueryError({ query, error, retry }: Props) {
  const problem = error instanceof ApiError ? error.problem : undefined;
  if (problem?.code !== "query" || !problem.position) return <ErrorBox error={error} retry={retry} />;
  const at = Math.max(0, Math.min(query.length, problem.position.offset));
  return (
    <div role="alert" className="section" style={{ color: "var(--sev-2)" }}>
      <div>{problem.detail ?? problem.title}</div>
      <pre className="mono" style={{ margin: "4px 0 0", overflowX: "auto" }}>
        {query}
        {"\n"}
        {" ".repeat(at)}^ position {at + 1}
      </pre>
    </div>
  );
}
