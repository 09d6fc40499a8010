import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import type { MailPreference } from "../api/types";
import { Empty, Loaded } from "../parts/State";
import { NOTIFY } from "./queries";

const KEY = [...NOTIFY, "mine"];

/** Mail about what others assign to me. */
export function Mine() {
  const query = useQuery({
    queryKey: KEY,
    queryFn: () => api.get<MailPreference>("/notify/preferences"),
  });
  return (
    <Loaded query={query} rows={2}>
      {(found) =>
        found.available ? (
          <Address key={found.address} found={found} />
        ) : (
          <Empty title="Mail to single people is not set up">
            It needs an e-mail channel, and its name as <code>personal</code> of <code>[notify]</code> in
            tocsin.toml.
          </Empty>
        )
      }
    </Loaded>
  );
}

function Address({ found }: { found: MailPreference }) {
  const [address, setAddress] = useState(found.address);
  const keep = useChange((body: object) => api.put("/notify/preferences", body), [KEY], "Kept");
  return (
    <form
      className="pad"
      style={{ maxWidth: 420 }}
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate({ address: address.trim() });
      }}
    >
      <TextInput
        type="email"
        label="My address"
        description="Mail when somebody else assigns an alert or a case to me. Empty: none."
        value={address}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" mt={8} loading={keep.isPending}>
        Keep
      </Button>
    </form>
  );
}
