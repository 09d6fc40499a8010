import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useCaseChanges } from "../api/cases";
import { useMay } from "../api/session";
import { useActivity, useSimilar } from "../api/subject";
import type { Case } from "../api/types";
import { text } from "../format/number";
import { words } from "../format/words";
import { Facts } from "../parts/Page";
import { Time } from "../parts/Time";

/** Beside the case: its dates and fields, what is related, what just happened. */
export function Rail({ found }: { found: Case }) {
  const custom = Object.entries(found.custom_fields ?? {});
  return (
    <aside className="rail" aria-label="About the case">
      <h2>Dates</h2>
      <Facts
        items={[
          ["Started", <Time key="s" at={found.start_at} />],
          ["Opened", <Time key="o" at={found.created_at} />],
          ["Changed", <Time key="u" at={found.updated_at} />],
          ...(found.closed_at
            ? [["Closed", <Time key="c" at={found.closed_at} />] as [string, React.ReactNode]]
            : []),
        ]}
      />
      <Techniques found={found} />
      {custom.length > 0 && (
        <>
          <h2 style={{ marginTop: 16 }}>Fields</h2>
          <Facts items={custom.map(([name, value]) => [name, text(value)])} />
        </>
      )}
      <Related path={`/cases/${found.id}`} />
      <Latest path={`/cases/${found.id}`} />
    </aside>
  );
}

function Techniques({ found }: { found: Case }) {
  const may = useMay("cases:write");
  const { addTechnique } = useCaseChanges(found.id);
  const [id, setId] = useState("");
  return (
    <>
      <h2 style={{ marginTop: 16 }}>ATT&CK</h2>
      {found.techniques.map((technique) => (
        <div key={technique.id}>
          <span className="mono">{technique.id}</span> {technique.name}
        </div>
      ))}
      {may && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            addTechnique.mutate(id.trim(), { onSuccess: () => setId("") });
          }}
        >
          <TextInput
            aria-label="Add a technique"
            placeholder="Add, such as T1110.001"
            mt={4}
            value={id}
            onChange={(e) => setId(e.currentTarget.value)}
          />
        </form>
      )}
    </>
  );
}

function Related({ path }: { path: string }) {
  const items = useSimilar(path).data?.items ?? [];
  return (
    <>
      <h2 style={{ marginTop: 16 }}>Related</h2>
      {items.length === 0 && <span className="dim">No other case or alert shares an observable.</span>}
      {items.slice(0, 8).map((item) => (
        <div
          key={item.type + item.id}
          className="cut"
          title={`${item.title}\nshares ${item.shared.join(", ")}`}
        >
          <Link to={item.type === "case" ? `/cases/${item.number}` : `/alerts/${item.id}`}>
            {words(item.type)} #{item.number}
          </Link>{" "}
          {item.title}
        </div>
      ))}
    </>
  );
}

function Latest({ path }: { path: string }) {
  const items = useActivity(path).data?.items ?? [];
  return (
    <>
      <h2 style={{ marginTop: 16 }}>Latest</h2>
      {items.slice(0, 8).map((item) => (
        <div key={`${item.at}${item.action}`} style={{ marginBottom: 3 }}>
          <b>{item.actor}</b> {words(item.action).toLowerCase()}{" "}
          <span className="dim">
            <Time at={item.at} as="age" />
          </span>
        </div>
      ))}
    </>
  );
}
