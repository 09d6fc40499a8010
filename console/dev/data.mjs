// Made-up answers for developing the console without a platform. Addresses are from the documentation ranges.
const now = Date.now();
export const at = (minutes) => `${new Date(now - minutes * 60_000).toISOString().slice(0, -1)}000Z`;
const PERMISSIONS =
  "alerts:read alerts:write cases:read cases:write events:read intel:read intel:write analyzers:run rules:read rules:write playbooks:read playbooks:run agents:read agents:write sources:read admin";
export const user = {
  login: "alice",
  name: "Alice Moreau",
  role: "administrator",
  permissions: PERMISSIONS.split(" "),
};

const RULES = [
  [
    "5712",
    "SSH: many failed logins from one address",
    "level",
    3,
    "source.ip",
    [{ id: "T1110.003", name: "Password Spraying" }],
  ],
  [
    "5715",
    "SSH: login after failures",
    "elastalert",
    4,
    "source.ip",
    [{ id: "T1078", name: "Valid Accounts" }],
  ],
  ["31151", "Web: scan for known paths", "level", 2, "source.ip", [{ id: "T1595", name: "Active Scanning" }]],
  ["550", "A watched file changed", "level", 2, "host.name", [{ id: "T1565", name: "Data Manipulation" }]],
  ["b7d3", "New listening port", "sigma", 1, "host.name", []],
];
const IPS = ["203.0.113.7", "198.51.100.23", "192.0.2.144", "203.0.113.88", "198.51.100.9"];
const HOSTS = ["web-01", "db-02", "gate", "build-7"];

export const events = Array.from({ length: 640 }, (_, i) => {
  const ip = IPS[i % 5];
  const host = HOSTS[i % 4];
  const user_name = ["root", "admin", "oracle", "deploy"][i % 4];
  const ok = i % 37 === 0;
  const message = `sshd[${2000 + i}]: ${ok ? "Accepted" : "Failed"} password for ${ok ? "" : "invalid user "}${user_name} from ${ip} port ${40000 + i} ssh2`;
  const fields = {
    "@timestamp": at(i * 2.1),
    "agent.name": host,
    "decoder.name": "sshd",
    "event.outcome": ok ? "success" : "failure",
    "event.source": `agent:${host}`,
    "host.name": host,
    "process.name": "sshd",
    "process.pid": 2000 + i,
    "rule.groups": ["sshd", "authentication_failed"],
    "rule.id": ok ? "5715" : "5712",
    "rule.level": ok ? 12 : 10,
    "source.ip": ip,
    "source.port": 40000 + i,
    "user.name": user_name,
  };
  return {
    id: `e${i}`,
    commit: i,
    "@timestamp": at(i * 2.1),
    received_at: at(i * 2.1),
    message,
    source: `agent:${host}`,
    sequence: 9000 - i,
    fields,
    document: { host: { name: host }, source: { ip }, user: { name: user_name }, message },
  };
});

export const alerts = Array.from({ length: 46 }, (_, i) => {
  const [id, name, kind, severity, group_field, techniques] = RULES[(i * 7) % 5];
  const group_key = group_field === "source.ip" ? IPS[i % 5] : HOSTS[i % 4];
  const status = ["new", "new", "in_progress", "closed", "new", "imported"][i % 6];
  return {
    id: `a${i}`,
    number: 146 - i,
    title: `${name} (${group_key})`,
    description: "",
    severity,
    severity_label: ["", "low", "medium", "high", "critical"][severity],
    status,
    resolution: status === "closed" ? "no_impact" : null,
    reason:
      status === "closed" ? "No login succeeded and the address is on a warninglist of scanners." : null,
    assignee: i % 3 ? null : "alice",
    tags: i % 4 ? [] : ["ssh"],
    tlp: 2,
    pap: 2,
    rule: { id, name, kind, version: "9f31c2" },
    group_field,
    group_key,
    event_count: 3 + ((i * 13) % 90),
    first_at: at(90 + i * 31),
    last_at: at(2 + i * 31),
    created_at: at(88 + i * 31),
    updated_at: at(2 + i * 31),
    closed_at: status === "closed" ? at(i) : null,
    closed_by: status === "closed" ? "playbook:triage" : null,
    case_id: status === "imported" ? "c1" : null,
    case_number: status === "imported" ? 12 : null,
    techniques,
    clauses: [
      { field: "rule.level", condition: "rule.level:[10 TO *]", value: "10" },
      { field: "event.outcome", condition: "event.outcome:failure", value: "failure" },
      { field: "", condition: "message:*Failed password*", value: "Failed password" },
      { field: group_field, condition: `6 in 2 minutes by ${group_field}`, value: group_key },
    ],
    custom_fields: {},
    observable_count: 2,
    verdict: ["suspicious", "malicious", null, "info"][i % 4],
    undecided: status === "new",
  };
});

export const cases = [
  "Password spray reached web-01",
  "Web shell on nginx host",
  "Phishing with invoice attachment",
].map((title, i) => ({
  id: `c${i + 1}`,
  number: 12 - i,
  title,
  description: "A spray from 203.0.113.7 ended in a login as deploy.\nThen sudo, a new user and a cron job.",
  severity: 4 - i,
  severity_label: "x",
  status: ["in_progress", "new", "closed"][i],
  resolution: i === 2 ? "true_positive" : null,
  impact: i === 2 ? "no_impact" : null,
  summary: i === 2 ? "Three people got the mail, none opened it." : null,
  assignee: i ? null : "alice",
  tags: ["ssh", "production"],
  tlp: 3,
  pap: 1,
  flag: false,
  start_at: at(400),
  created_at: at(300 + i * 2000),
  updated_at: at(12),
  closed_at: i === 2 ? at(100) : null,
  custom_fields: { "Business unit": "Shop" },
  task_count: 3,
  open_task_count: 2,
  observable_count: 3,
  alert_count: 4,
  techniques: [
    { id: "T1110.003", name: "Password Spraying" },
    { id: "T1053.003", name: "Cron" },
  ],
}));
export const tasks = ["Isolate web-01", "Find what the cron job runs", "Reset the password of deploy"].map(
  (title, i) => ({
    id: `t${i}`,
    title,
    description: i === 1 ? "Look in /etc/cron.d and the user's crontab." : "",
    group: i ? "Investigate" : "Contain",
    status: i ? "waiting" : "completed",
    assignee: i ? null : "alice",
    order: i,
    mandatory: i === 1,
    due_at: null,
    started_at: null,
    ended_at: i ? null : at(30),
  }),
);
const report = (analyzer, verdict, value) => ({
  analyzer,
  verdict,
  taxonomies: [{ level: verdict, namespace: "Tocsin", predicate: analyzer, value }],
  at: at(40),
  job_id: `${analyzer}${value}`,
});
export const observables = [
  [
    "ip",
    "203.0.113.7",
    "malicious",
    [report("indicator-lookup", "malicious", "feed botnet"), report("seen-before", "info", "412 events")],
  ],
  ["url", "http://203.0.113.9/x.sh", "suspicious", [report("url-facts", "suspicious", "bare address")]],
  ["user", "deploy", null, []],
].map(([kind, value, verdict, reports], i) => ({
  id: `o${i}`,
  kind,
  value,
  message: null,
  tlp: 2,
  pap: 2,
  tags: [],
  is_ioc: i < 2,
  sighted: i === 0,
  ignore_similarity: false,
  created_at: at(80),
  verdict,
  reports,
  seen_in: { alerts: 4, cases: 1 },
}));
export const decisions = [
  {
    id: "d1",
    run_id: "r1",
    subject_type: "alert",
    subject_id: "a0",
    outcome: "escalate",
    resolution: null,
    verdict: "malicious",
    reasons: [
      "A login succeeded after 41 failures from the same address.",
      "203.0.113.7 is an indicator of feed botnet, confidence 90.",
    ],
    facts: { failures: 41, successes: 1, indicator: "botnet" },
    policy: { playbook: "triage", version: "3", step: "decide" },
    at: at(60),
    by: "playbook:triage",
    undone_at: null,
    undone_by: null,
    undoable: true,
  },
];
export const runs = [
  {
    id: "r1",
    playbook: "triage",
    version: "3f2a9c",
    subject_type: "alert",
    subject_id: "a0",
    status: "success",
    started_at: at(61),
    ended_at: at(60),
    error: null,
    steps: ["extract", "enrich", "decide"].map((name) => ({
      name,
      action: `observables.${name}`,
      status: "success",
      started_at: at(61),
      ended_at: at(60.98),
      input: { subject: "a0" },
      output: { count: 3 },
      error: null,
    })),
  },
];
export const activity = [
  ["alice", "assign"],
  ["playbook:triage", "decide"],
  ["tocsin", "open"],
].map(([actor, action], i) => ({ at: at(20 + i * 20), actor, action, details: { to: "alice" } }));
export const timeline = [
  ["event", "Failed password for root from 203.0.113.7"],
  ["alert", "SSH: many failed logins"],
  ["decision", "Escalated by triage"],
  ["task", "Isolate web-01 completed"],
].map(([kind, title], i) => ({
  at: at(90 - i * 20),
  kind,
  title,
  detail: i === 2 ? "A login succeeded after 41 failures." : null,
  ref: { type: kind, id: "a0" },
}));
export const sources = HOSTS.map((name, i) => ({
  id: `agent:${name}`,
  kind: "agent",
  name,
  received: 41_200 + i * 977,
  stored: 41_190 + i * 977,
  duplicates: 7,
  refused: i === 1 ? 3 : 0,
  refusals: i === 1 ? [{ reason: "longer than 1 MiB", count: 3, last_at: at(50) }] : [],
  mark: 41_200,
  last_at: at(1),
  lag_ms: 240 + i * 100,
}));
export const agents = HOSTS.map((name, i) => ({
  id: `g${i}`,
  name,
  status: i === 3 ? "silent" : "active",
  version: "0.1.0",
  os: "Debian GNU/Linux 13",
  addresses: [`10.0.0.${i + 4}`],
  last_seen_at: at(i === 3 ? 300 : 0.2),
  enrolled_at: at(9000),
  mark: 41_200,
  spool: { records: i * 40, bytes: i * 81_000, refused: 0 },
  collectors: {
    logs: { files: 14, lag_bytes: 0 },
    integrity: { files: 8121, overflows: 0 },
    ports: { listening: 9 },
  },
  inventory: {
    kernel: "6.12.0",
    packages: Array.from({ length: 5 }, (_, n) => `package-${n}`),
    cpu_count: 4,
  },
}));
export const indicators = IPS.map((value, i) => ({
  id: `i${i}`,
  kind: "ip",
  value,
  feed: "botnet",
  source: "import",
  confidence: 90 - i * 7,
  tlp: i % 5,
  tags: ["c2"],
  comment: "Seen scanning",
  valid_until: at(-9000),
  first_seen_at: at(50_000),
  last_seen_at: at(60 * i),
  event_info: null,
}));
export const playbooks = [
  {
    name: "triage",
    description: "Take an alert from its observables to a decision with reasons.",
    triggers: [{ event: "alert.opened", when: null }],
    steps: [{ name: "extract" }, { name: "enrich" }, { name: "decide" }],
    version: "3f2a9c77d1",
    problems: [],
  },
];
export const rules = RULES.map(([id, name, kind, severity, , techniques], i) => ({
  id,
  name,
  kind,
  enabled: i !== 4,
  severity,
  source_path: `detections/${id}.yml`,
  techniques: techniques.map((t) => t.id),
  tags: ["ssh"],
  last_match_at: at(i * 30),
  matches: 40 - i * 9,
}));
