import { describe, expect, it } from "vitest";
import { guessKind, refang } from "../subject/kinds";
import { defang } from "./defang";

describe("defang", () => {
  it.each([
    ["1.2.3.4", "ip", "1[.]2[.]3[.]4"],
    ["http://evil.example/a.b?c=d.e", "url", "hxxp[://]evil[.]example/a.b?c=d.e"],
    ["HTTPS://evil.example:8443", undefined, "hxxps[://]evil[.]example:8443"],
    ["ftp://files.example/x", undefined, "fxp[://]files[.]example/x"],
    ["a.b@evil.example", "email", "a.b[@]evil[.]example"],
    ["evil.example", "domain", "evil[.]example"],
    ["evil.example/path.php", undefined, "evil[.]example/path.php"],
    ["2001:db8::1", "ip", "2001[:]db8[:][:]1"],
  ])("makes %s unclickable", (value, kind, expected) => {
    expect(defang(value, kind)).toBe(expected);
  });

  it("leaves what is no network name alone", () => {
    expect(defang("/etc/passwd.bak", "path")).toBe("/etc/passwd.bak");
    expect(defang("d41d8cd98f00b204e9800998ecf8427e", "hash")).toBe("d41d8cd98f00b204e9800998ecf8427e");
    expect(defang("x.sh", "filename")).toBe("x.sh");
    expect(defang("Failed password for root")).toBe("Failed password for root");
  });

  it("is undone by refang", () => {
    for (const value of [
      "http://evil.example/a",
      "1.2.3.4",
      "2001:db8::1",
      "a@evil.example",
      "ftp://files.example/x",
    ]) {
      expect(refang(defang(value))).toBe(value);
    }
  });
});

describe("guessKind", () => {
  it.each([
    ["203.0.113.7", "ip"],
    ["2001:db8::1", "ip"],
    ["203.0.113.0/24", "cidr"],
    ["hxxps[://]evil[.]example/a", "url"],
    ["evil[.]example", "domain"],
    ["a@evil.example", "email"],
    ["d41d8cd98f00b204e9800998ecf8427e", "hash"],
    ["/etc/passwd", "path"],
    ["C:\\Windows\\x.exe", "path"],
    ["CVE-2024-3094", "cve"],
    ["AS64500", "asn"],
    ["HKLM\\Software\\Run", "registry"],
    ["deploy", "other"],
  ])("takes %s for %s", (value, kind) => {
    expect(guessKind(value)).toBe(kind);
  });
});
