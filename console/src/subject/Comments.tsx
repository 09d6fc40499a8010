import { Button, Textarea } from "@mantine/core";
import { useState } from "react";
import { useMay } from "../api/session";
import { useComments, useSubjectChanges } from "../api/subject";
import { Section } from "../parts/Page";
import { Loaded } from "../parts/State";
import { Time } from "../parts/Time";

export function Comments({ path }: { path: string }) {
  const query = useComments(path);
  const may = useMay(path.startsWith("/alerts") ? "alerts:write" : "cases:write");
  const { comment } = useSubjectChanges(path);
  const [text, setText] = useState("");
  const send = () => text.trim() && comment.mutate(text.trim(), { onSuccess: () => setText("") });
  return (
    <Section title="Comments">
      <Loaded query={query} rows={1}>
        {({ items }) =>
          items.map((one) => (
            <div key={one.id} style={{ marginBottom: 8 }}>
              <b>{one.author ?? one.created_by}</b>{" "}
              <span className="dim">
                <Time at={one.created_at} as="full" />
              </span>
              <div className="pre">{one.message}</div>
            </div>
          ))
        }
      </Loaded>
      {may && (
        <div style={{ display: "flex", gap: 8, alignItems: "flex-end" }}>
          <Textarea
            aria-label="Comment"
            placeholder="Comment. Ctrl-Enter sends it."
            minRows={1}
            style={{ flex: 1 }}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            onKeyDown={(e) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && send()}
          />
          <Button onClick={send} disabled={!text.trim()} loading={comment.isPending}>
            Send
          </Button>
        </div>
      )}
    </Section>
  );
}
