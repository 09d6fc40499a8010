import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { age, local, utc } from "../format/time";

/** The current instant, renewed every half minute, so that ages stay true. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

interface Props {
  at: string | null | undefined;
  /** `age` shows how long ago, `full` the local time with its age behind. */
  as?: "age" | "local" | "full" | "ms";
}

/** A moment in the user's zone; UTC with all digits on hover. */
export function Time({ at, as = "local" }: Props) {
  const now = useNow();
  if (!at) return <span className="dim">–</span>;
  const shown = {
    age: age(at, now),
    local: local(at),
    full: `${local(at)} (${age(at, now)})`,
    ms: local(at, true),
  }[as];
  return (
    <Tooltip label={`${local(at, true)} local · ${utc(at)}`}>
      <time dateTime={at}>{shown}</time>
    </Tooltip>
  );
}
