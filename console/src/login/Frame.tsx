import { IconBellRinging } from "@tabler/icons-react";
import type { ReactNode } from "react";

/** The narrow centred page of login and setup. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main style={{ maxWidth: 340, margin: "14vh auto 0", padding: 16 }}>
      <div style={{ display: "flex", alignItems: "center", gap: 8, marginBottom: 20 }}>
        <IconBellRinging size={24} color="var(--mantine-primary-color-filled)" aria-hidden />
        <span style={{ fontSize: 20, fontWeight: 650 }}>Tocsin</span>
      </div>
      <h1 style={{ fontSize: 15, margin: "0 0 12px" }}>{title}</h1>
      {children}
    </main>
  );
}
