import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { describe } from "../api/changes";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { Replay as Answer } from "../api/types";
import { words } from "../format/words";

/** Judge a decision's facts again: the same facts and policy must lead to the same outcome. Changes nothing. */
export function Replay({ id }: { id: string }) {
  const may = useMay("playbooks:read");
  const [asked, setAsked] = useState(false);
  const query = useQuery({
    queryKey: ["decisions", "replay", id],
    enabled: asked,
    queryFn: () => api.get<Answer>(`/decisions/${id}/replay`),
  });
  if (!may) return null;
  const { data, error } = query;
  return (
    <>
      <Button onClick={() => (asked ? void query.refetch() : setAsked(true))} loading={query.isFetching}>
        Replay
      </Button>
      {error && <span>{describe(error)}</span>}
      {data && (
        <span>
          {data.changed
            ? `${words(data.before)} then, ${words(data.after).toLowerCase()} now: ${data.differences.join("; ")}`
            : `same outcome${data.score === null ? "" : `, score ${data.score}`}`}
        </span>
      )}
    </>
  );
}
