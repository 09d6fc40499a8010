export const KINDS = ["ip", "domain", "url", "hash", "mail", "filename", "hostname", "user", "other"];

/** What a pasted value most likely is; defanged text is read as what it was. */
export function guessKind(text: string): string {
  const value = refang(text);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return "url";
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(value) || /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(value))
    return "ip";
  if (/^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(value)) return "hash";
  if (/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) return "mail";
  if (/^[/~]|^[a-z]:\\/i.test(value)) return "filename";
  if (/^([\w-]+\.)+[a-z]{2,}$/i.test(value)) return "domain";
  return "other";
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
