/** The platform's kinds of values. */
export const KINDS = [
  "ip",
  "cidr",
  "domain",
  "url",
  "hash",
  "email",
  "filename",
  "path",
  "cve",
  "asn",
  "user",
  "host",
  "registry",
  "process",
  "mutex",
  "other",
];

const LOOKS: [string, RegExp][] = [
  ["url", /^[a-z][a-z0-9+.-]*:\/\//i],
  ["cidr", /^[0-9a-f.:]+\/\d{1,3}$/i],
  ["ip", /^(\d{1,3}\.){3}\d{1,3}$|^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i],
  ["hash", /^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i],
  ["email", /^[^@\s]+@[^@\s]+\.[^@\s]+$/],
  ["cve", /^CVE-\d{4}-\d{4,}$/i],
  ["asn", /^AS\d{1,10}$/i],
  ["registry", /^HK(LM|CU|CR|U|CC|EY_)/i],
  ["path", /^[/~]|^[a-z]:\\|^\\\\/i],
  ["domain", /^([\w-]+\.)+[a-z]{2,}$/i],
];

/** What a pasted value most likely is; defanged text is read as what it was. */
export function guessKind(text: string): string {
  const value = refang(text);
  return LOOKS.find(([, pattern]) => pattern.test(value))?.[0] ?? "other";
}

/** `hxxp[://]evil[.]example` → `http://evil.example`. */
export function refang(text: string): string {
  return text
    .trim()
    .replace(/^hxxp/i, "http")
    .replace(/^fxp/i, "ftp")
    .replaceAll("[://]", "://")
    .replace(/\[(\.|:|@)\]/g, "$1")
    .replace(/\(\.\)|\[dot\]/gi, ".");
}
