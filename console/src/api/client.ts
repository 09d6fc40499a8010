import type { Problem } from "./types";

/** A refusal by the platform, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
  }
}

export type Params = Record<string, string | number | boolean | string[] | null | undefined>;

/** Write parameters as a query string; empty ones are left out, lists repeat their name. */
export function queryString(params: Params = {}): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

export function url(path: string, params?: Params): string {
  return `/api/v1${path}${queryString(params)}`;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return { title: response.statusText || `The server answered ${response.status}.` };
  }
}

async function call<T>(
  method: string,
  path: string,
  params?: Params,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  // The header tells our own pages from a form on someone else's: the server wants it on every change.
  const headers: Record<string, string> = { Accept: "application/json", "X-Requested-With": "tocsin" };
  let payload: BodyInit | undefined;
  if (body instanceof FormData) payload = body;
  else if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    payload = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(url(path, params), { method, headers, body: payload, credentials: "same-origin", signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, {
      title: "Tocsin does not answer.",
      detail: "Tocsin does not answer. Is it running?",
    });
  }
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const api = {
  get: <T>(path: string, params?: Params, signal?: AbortSignal) =>
    call<T>("GET", path, params, undefined, signal),
  post: <T>(path: string, body?: unknown) => call<T>("POST", path, undefined, body ?? {}),
  put: <T>(path: string, body: unknown) => call<T>("PUT", path, undefined, body),
  patch: <T>(path: string, body: unknown) => call<T>("PATCH", path, undefined, body),
  del: <T>(path: string) => call<T>("DELETE", path),
  upload: <T>(path: string, form: FormData) => call<T>("POST", path, undefined, form),
};
