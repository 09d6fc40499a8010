// A stand-in for the platform, for working on the console alone: made-up answers, held in memory.
// Usage: npm run dev:mock [port], with `TOCSIN_URL=http://127.0.0.1:PORT npm run dev`; it also serves what `npm run build` made.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import * as data from "./data.mjs";

const port = Number(process.argv[2] ?? 8430);
const dist = fileURLToPath(new URL("../../src/tocsin/console/dist/", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";
let session = null;

const list = (items) => ({ items, next: null, total: items.length });
const one = (items, id) => items.find((item) => item.id === id || String(item.number) === id);
const refuse = (status, code, detail, extra = {}) =>
  Object.assign(new Error(detail), { status, body: { title: "Refused", status, code, detail, ...extra } });
const change = (item, body) => Object.assign(item, body);
const part = (text, q) => text.toLowerCase().includes(q.toLowerCase().replace(/^[\w.@]+:|["*]/g, ""));
const matches = (text, q) => !q || q.split(" AND ").every((one) => part(text, one));

function alertsFor(params) {
  const status = params.getAll("status");
  return data.alerts.filter(
    (a) =>
      (!status.length || status.includes(a.status)) &&
      (!params.get("rule") || a.rule.id === params.get("rule")) &&
      (!params.getAll("severity").length || params.getAll("severity").includes(String(a.severity))) &&
      matches(`${a.title} ${a.group_key}`, params.get("q")),
  );
}
function groups(params) {
  const by = params.get("by");
  const keyOf = (a) => (by === "rule" ? a.rule.id : String(a[by] ?? ""));
  const sets = {};
  for (const alert of alertsFor(params)) sets[keyOf(alert)] = [...(sets[keyOf(alert)] ?? []), alert];
  return Object.entries(sets).map(([key, items]) => ({
    key,
    label: by === "rule" ? items[0].rule.name : key,
    count: items.length,
    open: items.filter((a) => ["new", "in_progress"].includes(a.status)).length,
    max_severity: Math.max(...items.map((a) => a.severity)),
    last_at: items[0].last_at,
  }));
}
function found(params) {
  const q = params.get("q") ?? "";
  if (q.includes("(("))
    throw refuse(400, "query", "expected a term after the bracket", {
      position: { offset: q.indexOf("((") + 1, line: 1, column: q.indexOf("((") + 2 },
    });
  return data.events.filter((e) => matches(`${e.message} ${JSON.stringify(e.fields)}`, q));
}
function top(items, field) {
  const counts = new Map();
  for (const item of items) counts.set(item.fields[field], (counts.get(item.fields[field]) ?? 0) + 1);
  return [...counts]
    .filter(([value]) => value !== undefined)
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, 10);
}
function histogram(items) {
  const buckets = Array.from({ length: 60 }, (_, i) => ({ start: data.at((60 - i) * 24), count: 0 }));
  for (const item of items)
    buckets[Math.max(0, 59 - Math.floor((Date.now() - Date.parse(item["@timestamp"])) / 1_440_000))].count +=
      1;
  return { width_us: 1_440e6, items: buckets, total: items.length };
}
const overview = () => ({
  events: { count: 640, histogram: histogram(data.events) },
  alerts: { new: 24, in_progress: 8, closed: 7, by_severity: { 1: 5, 2: 12, 3: 9, 4: 6 }, auto_closed: 7 },
  cases: { open: 2, new: 1, by_severity: { 4: 1, 3: 1 } },
  top_rules: groups(new URLSearchParams("by=rule")).map((g) => ({
    id: g.key,
    name: g.label,
    count: g.count,
  })),
  top_attackers: [
    { key: "203.0.113.7", count: 14 },
    { key: "198.51.100.23", count: 9 },
  ],
  agents: { active: 3, silent: 1 },
  sources: { count: 4, refused: 3 },
  detect: { lag_ms: 310 },
  store: { days: 9, size_bytes: 48_123_991 },
});
function bulk(body) {
  const items = body.ids.map((id) => ({
    id,
    ok: one(data.alerts, id).status !== "imported",
    detail: one(data.alerts, id).status === "imported" ? "is in case #12" : null,
  }));
  if (!body.dry_run)
    for (const item of items)
      if (item.ok)
        change(
          one(data.alerts, item.id),
          body.action === "close" ? { status: "closed", ...body.arguments } : body.arguments,
        );
  return { count: items.length, items };
}

// method, path pattern (`:` takes one part), answer
const ROUTES = [
  ["GET", "/setup", () => ({ needed: false })],
  [
    "POST",
    "/session",
    ({ body }) => {
      if (body.password === "wrong") throw refuse(401, "unauthenticated", "wrong");
      session = data.user;
      return { user: session };
    },
  ],
  ["GET", "/session", () => ({ user: session })],
  [
    "DELETE",
    "/session",
    () => {
      session = null;
    },
  ],
  [
    "GET",
    "/assignees",
    () =>
      list([
        { login: "alice", name: "Alice Moreau" },
        { login: "bob", name: "Bob" },
      ]),
  ],
  ["GET", "/overview", overview],
  ["GET", "/alerts", ({ params }) => list(alertsFor(params))],
  ["GET", "/alerts/groups", ({ params }) => list(groups(params))],
  ["POST", "/alerts/bulk", ({ body }) => bulk(body)],
  ["GET", "/alerts/:", ({ id }) => one(data.alerts, id)],
  ["PATCH", "/alerts/:", ({ id, body }) => change(one(data.alerts, id), body)],
  [
    "POST",
    "/alerts/:/close",
    ({ id, body }) => change(one(data.alerts, id), { status: "closed", closed_by: "alice", ...body }),
  ],
  [
    "POST",
    "/alerts/:/reopen",
    ({ id }) => change(one(data.alerts, id), { status: "new", resolution: null, reason: null }),
  ],
  [
    "POST",
    "/alerts/:/promote",
    ({ id }) => {
      change(one(data.alerts, id), { status: "imported", case_id: "c1", case_number: 12 });
      return data.cases[0];
    },
  ],
  ["GET", "/alerts/:/events", () => list(data.events.slice(0, 30))],
  [
    "GET",
    "/cases",
    ({ params }) =>
      list(
        data.cases.filter(
          (c) => !params.getAll("status").length || params.getAll("status").includes(c.status),
        ),
      ),
  ],
  ["GET", "/cases/:", ({ id }) => one(data.cases, id)],
  ["PATCH", "/cases/:", ({ id, body }) => change(one(data.cases, id), body)],
  ["POST", "/cases/:/close", ({ id, body }) => change(one(data.cases, id), { status: "closed", ...body })],
  ["GET", "/cases/:/tasks", () => list(data.tasks)],
  [
    "POST",
    "/cases/:/tasks",
    ({ body }) => {
      data.tasks.push({
        ...data.tasks[1],
        id: `t${data.tasks.length}`,
        description: "",
        mandatory: false,
        ...body,
        order: data.tasks.length,
      });
      return data.tasks.at(-1);
    },
  ],
  ["PATCH", "/tasks/:", ({ id, body }) => change(one(data.tasks, id), body)],
  ["GET", "/cases/:/alerts", () => list(data.alerts.slice(0, 4))],
  ["GET", "/cases/:/timeline", () => list(data.timeline)],
  [
    "GET",
    "/cases/:/attachments",
    () =>
      list([
        {
          id: "f1",
          name: "x.sh",
          size_bytes: 1834,
          sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          created_at: data.at(20),
        },
      ]),
  ],
  ["GET", "/:/:/observables", () => list(data.observables)],
  ["GET", "/:/:/decisions", ({ path }) => list(path.startsWith("/alerts/a0") ? data.decisions : [])],
  ["GET", "/:/:/runs", () => list(data.runs)],
  ["GET", "/:/:/activity", () => list(data.activity)],
  [
    "GET",
    "/:/:/comments",
    () =>
      list([
        { id: "m1", message: "Asked the owner of deploy: not them.", author: "bob", created_at: data.at(15) },
      ]),
  ],
  [
    "GET",
    "/:/:/similar",
    () =>
      list([
        {
          type: "case",
          id: "c2",
          number: 11,
          title: "Web shell on nginx host",
          status: "new",
          severity: 3,
          shared: ["203.0.113.7"],
        },
      ]),
  ],
  ["GET", "/events", ({ params }) => list(found(params))],
  ["GET", "/events/histogram", ({ params }) => histogram(found(params))],
  ["GET", "/events/top", ({ params }) => list(top(found(params), params.get("field")))],
  [
    "GET",
    "/events/fields",
    () =>
      list(
        Object.keys(data.events[0].fields).map((name) => ({
          name,
          type: "keyword",
          count: 640,
          aliases: [],
        })),
      ),
  ],
  ["GET", "/events/:", ({ id }) => one(data.events, id)],
  ["GET", "/events/:/around", () => list(data.events.slice(0, 21))],
  ["GET", "/sources", () => list(data.sources)],
  ["GET", "/agents", () => list(data.agents)],
  [
    "POST",
    "/agents/tokens",
    () => ({
      token: "tok",
      expires_at: data.at(-1440),
      command: "tocsin agent enrol --server https://tocsin.example:8430 --token tok",
    }),
  ],
  ["GET", "/agents/:", ({ id }) => one(data.agents, id)],
  [
    "GET",
    "/intel/lookup",
    ({ params }) => ({
      value: params.get("value"),
      kind: "ip",
      verdict: "malicious",
      indicators: data.indicators.slice(0, 1),
      warninglists: [],
      events: { count: 128, first_at: data.at(4000), last_at: data.at(2) },
      alerts: 9,
      cases: 1,
    }),
  ],
  ["GET", "/intel/indicators", () => list(data.indicators)],
  [
    "GET",
    "/intel/feeds",
    () =>
      list([
        {
          name: "botnet",
          format: "csv",
          indicators: 5,
          last_import_at: data.at(600),
          last_error: null,
          refused: 2,
        },
      ]),
  ],
  [
    "GET",
    "/intel/warninglists",
    () =>
      list([
        { name: "Public resolvers", type: "cidr", category: "False positive", entries: 480, enabled: true },
      ]),
  ],
  [
    "POST",
    "/intel/import",
    () => ({ added: 41, updated: 2, refused: [{ line: 9, reason: "not an address", value: "300.1.2.3" }] }),
  ],
  ["GET", "/rules", () => list(data.rules)],
  [
    "GET",
    "/rules/problems",
    () =>
      list([
        { path: "rules/broken.yml", line: 7, column: 3, reason: "no field `detection`", subject: "broken" },
      ]),
  ],
  [
    "GET",
    "/rules/:",
    ({ id }) => ({
      ...one(data.rules, id),
      text: "name: SSH brute force\ntype: frequency\n",
      description: "Many logins failed.",
      source_line: 1,
      evaluations: 8120,
      errors: 0,
      mean_ns: 640,
    }),
  ],
  ["GET", "/playbooks", () => list(data.playbooks)],
  [
    "GET",
    "/playbooks/:",
    () => ({ ...data.playbooks[0], text: "name: triage\nsteps: []\n", source_path: "playbooks/triage.yml" }),
  ],
  [
    "GET",
    "/decisions/:/replay",
    () => ({ before: "escalate", after: "escalate", score: 70, changed: false, differences: [] }),
  ],
  ["GET", "/runs", () => list(data.runs)],
  ["GET", "/runs/:", ({ id }) => one(data.runs, id)],
];

function route(method, path) {
  const parts = path.split("/");
  const fits = ([verb, pattern]) =>
    verb === method &&
    pattern.split("/").length === parts.length &&
    pattern.split("/").every((part, i) => part === ":" || part === parts[i]);
  const hit = ROUTES.find(fits);
  return hit && { answer: hit[2], id: parts[hit[1].split("/").indexOf(":")] };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || "{}");
  } catch {
    return {};
  }
}

async function file(response, pathname) {
  const path = join(dist, normalize(pathname));
  const content = await readFile(path).catch(() => readFile(join(dist, "index.html")));
  const type = TYPES[extname(pathname)] ?? "text/html";
  response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": CSP }).end(content);
}

createServer(async (request, response) => {
  const { pathname, searchParams: params } = new URL(request.url, "http://localhost");
  if (!pathname.startsWith("/api/v1")) return file(response, pathname);
  const path = pathname.slice(7);
  if (path === "/stream")
    return response.writeHead(200, { "Content-Type": "text/event-stream" }).write(": here\n\n");
  const send = (status, body) =>
    response
      .writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" })
      .end(body === undefined ? "" : JSON.stringify(body));
  const body = await bodyOf(request);
  const open = path === "/setup" || (path === "/session" && request.method === "POST");
  if (!session && !open)
    return send(401, { title: "Unauthorized", status: 401, code: "unauthenticated", detail: "log in" });
  const hit = route(request.method, path);
  if (!hit)
    return send(404, {
      title: "Not Found",
      status: 404,
      code: "not-found",
      detail: `${request.method} ${path} is not mocked`,
    });
  try {
    send(200, hit.answer({ id: hit.id, params, body, path }));
  } catch (error) {
    send(error.status ?? 500, error.body ?? { detail: String(error) });
  }
}).listen(port, "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${port}\n`));
