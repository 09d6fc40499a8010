import { Button } from "@mantine/core";
import { useState } from "react";
import { useCaseChanges } from "../api/cases";
import { useMay, useUser } from "../api/session";
import type { Case } from "../api/types";
import { Status } from "../parts/Chip";
import { Edit } from "../parts/Edit";
import { AssigneePick, PapPick, SeverityPick, TlpPick } from "../parts/pickers";
import { TagsEdit } from "../parts/TagsEdit";
import { Time } from "../parts/Time";
import { CloseCase } from "./CloseCase";

/** The case's header; every value is changed where it stands. */
export function CaseHeader({ found }: { found: Case }) {
  const may = useMay("cases:write");
  const user = useUser();
  const { patch, reopen } = useCaseChanges(found.id);
  const [closing, setClosing] = useState(false);
  const isClosed = found.status === "closed";
  return (
    <header className="section" style={{ display: "grid", gap: 8 }}>
      <div style={{ display: "flex", alignItems: "center", gap: 10, fontSize: 15, fontWeight: 650 }}>
        <span className="dim">#{found.number}</span>
        <Edit label="Title" value={found.title} onSave={(title) => patch.mutate({ title })} disabled={!may} />
        <span style={{ flex: 1 }} />
        {may && !isClosed && found.status === "new" && (
          <Button
            onClick={() => patch.mutate({ status: "in_progress", assignee: found.assignee ?? user.login })}
          >
            Start
          </Button>
        )}
        {may && !isClosed && (
          <Button variant="filled" onClick={() => setClosing(true)}>
            Close case…
          </Button>
        )}
        {may && isClosed && <Button onClick={() => reopen.mutate(undefined)}>Reopen</Button>}
      </div>
      <div style={{ display: "flex", alignItems: "center", gap: 12, flexWrap: "wrap" }}>
        <SeverityPick
          value={found.severity}
          onPick={(severity) => patch.mutate({ severity })}
          disabled={!may}
        />
        <Status value={found.status} resolution={found.resolution} />
        <TlpPick value={found.tlp} onPick={(tlp) => patch.mutate({ tlp })} disabled={!may} />
        <PapPick value={found.pap} onPick={(pap) => patch.mutate({ pap })} disabled={!may} />
        <AssigneePick
          value={found.assignee}
          onPick={(assignee) => patch.mutate({ assignee })}
          disabled={!may}
        />
        <span className="dim">
          opened <Time at={found.created_at} as="age" /> ago
        </span>
        <TagsEdit value={found.tags} onSave={(tags) => patch.mutate({ tags })} disabled={!may} />
      </div>
      <CloseCase found={found} opened={closing} onClose={() => setClosing(false)} />
    </header>
  );
}
