import { Button, Modal, Select, Textarea } from "@mantine/core";
import { useState } from "react";
import { useCaseChanges } from "../api/cases";
import type { Case } from "../api/types";
import { CASE_RESOLUTIONS, IMPACTS, options } from "../format/words";

export function CloseCase({ found, opened, onClose }: { found: Case; opened: boolean; onClose: () => void }) {
  const { close } = useCaseChanges(found.id);
  const [resolution, setResolution] = useState<string | null>(null);
  const [impact, setImpact] = useState<string | null>(null);
  const [summary, setSummary] = useState(found.summary ?? "");
  return (
    <Modal opened={opened} onClose={onClose} title={`Close case #${found.number}`}>
      {found.open_task_count > 0 && (
        <p style={{ marginTop: 0, color: "var(--sev-2)" }}>{found.open_task_count} tasks are still open.</p>
      )}
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (resolution)
            close.mutate(
              { resolution, impact: impact ?? undefined, summary: summary.trim() },
              { onSuccess: onClose },
            );
        }}
      >
        <Select
          label="Resolution"
          data={options(CASE_RESOLUTIONS)}
          value={resolution}
          onChange={setResolution}
          data-autofocus
          mb={8}
        />
        <Select label="Impact" data={options(IMPACTS)} value={impact} onChange={setImpact} clearable mb={8} />
        <Textarea
          label="Summary"
          placeholder="What happened, what was done, what remains"
          required
          minRows={4}
          value={summary}
          onChange={(e) => setSummary(e.currentTarget.value)}
          mb={12}
        />
        <Button
          type="submit"
          variant="filled"
          disabled={!resolution || !summary.trim()}
          loading={close.isPending}
        >
          Close case
        </Button>
      </form>
    </Modal>
  );
}
