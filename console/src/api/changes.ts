import { notifications } from "@mantine/notifications";
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { READ_MS } from "../parts/notice";

export function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function refuse(error: unknown, title = "Not done") {
  notifications.show({ title, message: describe(error), color: "red", autoClose: READ_MS });
}

/** A change on the server: says what was refused, and refetches what it may have touched. */
export function useChange<V, R>(run: (value: V) => Promise<R>, touches: QueryKey[], done?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onError: (error) => refuse(error),
    onSuccess: () => {
      if (done) notifications.show({ message: done });
    },
    onSettled: () => Promise.all(touches.map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
