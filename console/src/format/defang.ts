/**
 * Make an observable safe to paste into a mail or a chat: nothing in the result is a link.
 * `http://evil.example/a.b` → `hxxp[://]evil[.]example/a.b`, `1.2.3.4` → `1[.]2[.]3[.]4`.
 */
export function defang(value: string, kind?: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(value);
  if (scheme) {
    const [, name = "", host = "", rest = ""] = scheme;
    return `${name.toLowerCase().replace(/^http/, "hxxp").replace(/^ftp/, "fxp")}[://]${dots(host)}${rest}`;
  }
  if (kind === "mail" || kind === "email" || /^[^@\s/]+@[^@\s/]+\.[^@\s/]+$/.test(value)) {
    const at = value.lastIndexOf("@");
    return `${value.slice(0, at)}[@]${dots(value.slice(at + 1))}`;
  }
  if (kind && !["ip", "cidr", "domain", "host", "url"].includes(kind)) return value;
  if (/^[0-9a-f:]*:[0-9a-f:.]+$/i.test(value)) return dots(value).replaceAll(":", "[:]");
  if (/^[\w-]+(\.[\w-]+)+(\/.*|:\d+)?$/.test(value)) {
    const cut = value.search(/[/:]/);
    return cut < 0 ? dots(value) : dots(value.slice(0, cut)) + value.slice(cut);
  }
  return value;
}

function dots(host: string): string {
  return host.replaceAll(".", "[.]");
}
