import { Button, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";

/** What the server said went wrong, and a way to try again. */
export function ErrorBox({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiError ? error.problem : undefined;
  return (
    <div role="alert" className="pad" style={{ display: "flex", gap: 10, alignItems: "flex-start" }}>
      <IconAlertCircle size={18} color="var(--sev-2)" aria-hidden style={{ flex: "none", marginTop: 1 }} />
      <div>
        <b>{problem?.title ?? "That did not work"}</b>
        <div className="pre">{error instanceof Error ? error.message : String(error)}</div>
        {problem?.errors?.map((one) => (
          <div key={`${one.loc}${one.msg}`} className="mono">
            {Array.isArray(one.loc) ? one.loc.join(".") : one.loc}: {one.msg}
          </div>
        ))}
        {problem?.code && <div className="dim mono">{problem.code}</div>}
        {retry && (
          <Button mt={8} leftSection={<IconRefresh size={14} />} onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

export function Rows({ n = 8, height = 22 }: { n?: number; height?: number }) {
  return (
    <div className="pad" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: n }, (_, i) => (
        <Skeleton key={String(i)} height={height} mb={8} radius="sm" />
      ))}
    </div>
  );
}

/** Nothing to show: say what would appear here and how to get it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="pad" style={{ maxWidth: 560 }}>
      <b>{title}</b>
      <div className="dim" style={{ marginTop: 4 }}>
        {children}
      </div>
    </div>
  );
}

interface Query<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** The three states of a query: loading, failed (with retry), there. */
export function Loaded<T>({
  query,
  rows,
  children,
}: {
  query: Query<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <ErrorBox error={query.error} retry={() => void query.refetch()} />;
  return <Rows n={rows} />;
}
