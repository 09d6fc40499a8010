import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export type Change = Record<string, string | string[] | null | undefined>;

/** Put a change into parameters; null and empty text take the name out. */
export function changed(params: URLSearchParams, change: Change): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    next.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) next.append(name, one);
  }
  return next;
}

/**
 * The parameters as they are in the address. What is drawn can be behind for a moment, more so on a busy machine:
 * a change of what is drawn would take back the change before it.
 */
export function inAddress(): URLSearchParams {
  return new URLSearchParams(window.location.search);
}

/** The page's state as it stands in the address: what is seen can be bookmarked and sent. */
export function useUrl() {
  const [params, setParams] = useSearchParams();
  const get = useCallback((name: string, otherwise = "") => params.get(name) ?? otherwise, [params]);
  const all = useCallback((name: string) => params.getAll(name), [params]);
  const set = useCallback(
    (change: Change, replace = false) => setParams(changed(inAddress(), change), { replace }),
    [setParams],
  );
  return useMemo(() => ({ get, all, set, params }), [get, all, set, params]);
}
