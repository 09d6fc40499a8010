import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { refuse } from "../api/changes";
import { api } from "../api/client";
import { type Brief, type Dashboard, DASHBOARDS, type Document } from "../api/dashboards";
import { tellUndo } from "../parts/undo";

/** Keep a new dashboard and go there; `edit` opens it for editing. */
export function useAdd(edit: boolean) {
  const client = useQueryClient();
  const go = useNavigate();
  return useMutation({
    mutationFn: (body: { document: Document; shared?: boolean }) => api.post<Dashboard>("/dashboards", body),
    onError: (error) => refuse(error, "Not kept"),
    onSuccess: (made) => {
      client.setQueryData([...DASHBOARDS, "one", made.id], made);
      void client.invalidateQueries({ queryKey: [...DASHBOARDS, "list"] });
      void go(`/dashboards/${made.id}${edit ? "?edit=1" : ""}`);
    },
  });
}

/** Delete a dashboard; the message offers to bring it back. */
export function useDelete(after?: () => void) {
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: [...DASHBOARDS, "list"] });
  return useMutation({
    mutationFn: (one: Brief) => api.del<void>(`/dashboards/${one.id}`),
    onError: (error) => refuse(error, "Not deleted"),
    onSuccess: (_, one) => {
      void again();
      client.removeQueries({ queryKey: [...DASHBOARDS, "one", one.id] });
      tellUndo(`Deleted ${one.title}`, () => api.post(`/dashboards/${one.id}/restore`).then(again));
      after?.();
    },
  });
}

/** Hand a document to the browser as a file. */
export function download(document: Document) {
  const blob = new Blob([`${JSON.stringify(document, null, 2)}\n`], { type: "application/json" });
  const link = window.document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${document.title.toLowerCase().replace(/[^a-z0-9]+/g, "-") || "dashboard"}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** A document under another title. */
export function copyOf(document: Document): Document {
  return { ...document, title: `${document.title} (copy)`.slice(0, 120) };
}
