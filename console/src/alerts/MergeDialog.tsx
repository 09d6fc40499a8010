import { useAlertChanges } from "../api/alerts";
import type { Alert } from "../api/types";
import { ChooseCase } from "../cases/ChooseCase";

/** Choose the open case that an alert belongs to. */
export function MergeDialog({
  opened,
  alert,
  onClose,
}: {
  opened: boolean;
  alert: Alert;
  onClose: () => void;
}) {
  const { merge } = useAlertChanges();
  return (
    <ChooseCase
      title={`Merge alert #${alert.number} into a case`}
      opened={opened}
      onClose={onClose}
      onPick={(chosen) => merge.mutate({ id: alert.id, case_id: chosen.id }, { onSuccess: onClose })}
    />
  );
}
