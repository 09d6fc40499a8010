import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import type { Page, RuleProblem } from "../api/types";
import { Empty, Loaded } from "../parts/State";

export function useProblems() {
  return useQuery({
    queryKey: ["rules", "problems"],
    queryFn: () => api.get<Page<RuleProblem>>("/rules/problems"),
  });
}

/** What was refused, with file, line and reason; the other rules work. */
export function Problems() {
  const query = useProblems();
  return (
    <Loaded query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title="No problems">
            Every rule was read. A rule that cannot be is listed here with its file, line and reason.
          </Empty>
        ) : (
          <div className="scroll">
            {items.map((problem) => (
              <div key={`${problem.path}${problem.line}${problem.reason}`} className="section">
                <span className="mono dim">
                  {problem.path}
                  {problem.line !== null && `:${problem.line}`}
                  {problem.column !== null && `:${problem.column}`}
                </span>
                <div className="pre">
                  {problem.subject && <b>{problem.subject}: </b>}
                  {problem.reason}
                </div>
              </div>
            ))}
          </div>
        )
      }
    </Loaded>
  );
}
