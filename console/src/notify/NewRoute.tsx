import { Button, Modal, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/changes";
import { api } from "../api/client";
import { NOTIFY, useChannels, useKinds } from "./queries";

const FRESH = {
  channels: [] as string[],
  events: ["alert.opened"],
  severity: "high",
  rules: [] as string[],
  tags: [] as string[],
  digest_minutes: 0,
};

/** Say what is told to which channels. Quiet hours are set over the API or in tocsin.toml. */
export function NewRoute({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const channels = useChannels().data?.items ?? [];
  const events = useKinds().data?.events ?? [];
  const [name, setName] = useState("");
  const [route, setRoute] = useState(FRESH);
  const put = useChange((body: object) => api.put(`/notify/routes/${name}`, body), [NOTIFY], "Added");
  const close = () => {
    setRoute(FRESH);
    setName("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Add a route" size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          put.mutate(route, { onSuccess: close });
        }}
      >
        <TextInput
          label="Name"
          data-autofocus
          required
          pattern="[a-z0-9][a-z0-9_.\-]*"
          title="small letters, digits, -, _ and ."
          mb={8}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <MultiSelect
          label="Channels"
          required
          mb={8}
          data={channels.map((each) => each.name)}
          value={route.channels}
          onChange={(value) => setRoute({ ...route, channels: value })}
        />
        <MultiSelect
          label="Events"
          required
          mb={8}
          data={events}
          value={route.events}
          onChange={(value) => setRoute({ ...route, events: value })}
        />
        <Select
          label="From severity"
          mb={8}
          allowDeselect={false}
          data={["low", "medium", "high", "critical"]}
          value={route.severity}
          onChange={(value) => value && setRoute({ ...route, severity: value })}
        />
        <TagsInput
          label="Only these rules"
          description="Ids or names; * stands for any text"
          mb={8}
          value={route.rules}
          onChange={(value) => setRoute({ ...route, rules: value })}
        />
        <TagsInput
          label="Only with one of these tags"
          mb={8}
          value={route.tags}
          onChange={(value) => setRoute({ ...route, tags: value })}
        />
        <NumberInput
          label="Gather for so many minutes"
          description="0: each at once"
          min={0}
          max={10080}
          mb={12}
          value={route.digest_minutes}
          onChange={(value) => setRoute({ ...route, digest_minutes: Number(value) || 0 })}
        />
        <Button type="submit" variant="filled" loading={put.isPending}>
          Add route
        </Button>
      </form>
    </Modal>
  );
}
