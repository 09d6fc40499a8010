/** Where to go after login: only a path of our own, never another site. */
export function landing(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}
