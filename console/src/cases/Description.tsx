import { useCaseChanges } from "../api/cases";
import { useMay } from "../api/session";
import type { Case } from "../api/types";
import { words } from "../format/words";
import { Edit } from "../parts/Edit";
import { Section } from "../parts/Page";
import { Comments } from "../subject/Comments";
import { Decisions } from "../subject/Decisions";

export function Description({ found }: { found: Case }) {
  const may = useMay("cases:write");
  const { patch } = useCaseChanges(found.id);
  return (
    <>
      {found.status === "closed" && (
        <Section
          title={`Closed as ${words(found.resolution).toLowerCase()}${found.impact ? `, ${words(found.impact).toLowerCase()}` : ""}`}
        >
          <div className="pre">{found.summary}</div>
        </Section>
      )}
      <Section title="Description">
        <Edit
          lines
          label="Description"
          value={found.description}
          onSave={(description) => patch.mutate({ description })}
          disabled={!may}
        />
      </Section>
      <Decisions path={`/cases/${found.id}`} />
      <Comments path={`/cases/${found.id}`} />
    </>
  );
}
