import { useQuery } from "@tanstack/react-query";
import { useChange } from "./changes";
import { api } from "./client";
import type { Activity, Comment, Decision, Job, Observable, Page, Run, Similar } from "./types";

/** What hangs on an alert and on a case alike; `path` is `/alerts/{id}` or `/cases/{id}`. */
function useList<T>(kind: string, path: string, name: string) {
  return useQuery({ queryKey: [kind, path, name], queryFn: () => api.get<Page<T>>(`${path}/${name}`) });
}
const kindOf = (path: string) => path.split("/")[1] ?? "";

export const useActivity = (path: string) => useList<Activity>(kindOf(path), path, "activity");
export const useComments = (path: string) => useList<Comment>(kindOf(path), path, "comments");
export const useDecisions = (path: string) => useList<Decision>("decisions", path, "decisions");
export const useRuns = (path: string) => useList<Run>("runs", path, "runs");
export const useSimilar = (path: string) => useList<Similar>("similar", path, "similar");
export const useObservables = (path: string) => useList<Observable>("observables", path, "observables");

export function useSubjectChanges(path: string) {
  const whole = [kindOf(path)];
  return {
    comment: useChange((message: string) => api.post<Comment>(`${path}/comments`, { message }), [whole]),
    addObservable: useChange(
      (body: Partial<Observable>) => api.post<Observable>(`${path}/observables`, body),
      [["observables"], whole],
    ),
    patchObservable: useChange(
      ({ id, ...body }: { id: string } & Partial<Observable>) => api.patch(`/observables/${id}`, body),
      [["observables"]],
    ),
    dropObservable: useChange(
      (id: string) => api.del(`/observables/${id}`),
      [["observables"], whole],
      "Observable removed",
    ),
    analyze: useChange(
      (o: Observable) =>
        api.post<Page<Job>>("/analyzers/run", {
          kind: o.kind,
          value: o.value,
          tlp: o.tlp,
          pap: o.pap,
          observable_id: o.id,
          force: true,
        }),
      [["observables"]],
    ),
    undo: useChange(
      (id: string) => api.post<Decision>(`/decisions/${id}/undo`),
      [["decisions"], whole],
      "Decision undone",
    ),
    runPlaybook: useChange(
      ({ name, type, id }: { name: string; type: string; id: string }) =>
        api.post<Run>(`/playbooks/${encodeURIComponent(name)}/run`, { subject_type: type, subject_id: id }),
      [["runs"], ["decisions"], whole],
      "Playbook started",
    ),
  };
}
