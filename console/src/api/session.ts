import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, api } from "./client";
import type { Assignee, Page, Session, User } from "./types";

export const SESSION = ["session"];

/** Who is logged in: null when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    staleTime: 300_000,
    queryFn: async (): Promise<User | null> => {
      try {
        return (await api.get<Session>("/session")).user;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** The logged-in user; pages are only shown when there is one. */
export function useUser(): User {
  return useSession().data ?? { login: "", name: "", role: "", permissions: [] };
}

export function useMay(permission: string): boolean {
  const { permissions } = useUser();
  return permissions.includes(permission) || permissions.includes("admin");
}

export function useSetupNeeded() {
  return useQuery({ queryKey: ["setup"], queryFn: () => api.get<{ needed: boolean }>("/setup") });
}

export function useLogin(path: "/session" | "/setup") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Record<string, string>) => api.post<Session>(path, body),
    onSuccess: async (session) => {
      if (session?.user) client.setQueryData(SESSION, session.user);
      else await client.invalidateQueries({ queryKey: SESSION });
      client.setQueryData(["setup"], { needed: false });
    },
  });
}

export function useLogout() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.del("/session"),
    onSettled: () => {
      client.clear();
      client.setQueryData(SESSION, null);
    },
  });
}

export function useAssignees(): Assignee[] {
  const query = useQuery({
    queryKey: ["assignees"],
    staleTime: 300_000,
    queryFn: () => api.get<Page<Assignee>>("/assignees"),
  });
  return query.data?.items ?? [];
}
