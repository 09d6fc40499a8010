import { ActionIcon, Button, FileButton } from "@mantine/core";
import { IconTrash, IconUpload } from "@tabler/icons-react";
import { useAttachments, useCaseChanges } from "../api/cases";
import { url } from "../api/client";
import { useMay } from "../api/session";
import type { Case } from "../api/types";
import { bytes } from "../format/number";
import { Empty, Loaded } from "../parts/State";
import { Time } from "../parts/Time";
import { CopyButton } from "../parts/Value";

/** Files kept with the case, with their hashes. */
export function Evidence({ found }: { found: Case }) {
  const query = useAttachments(found.id);
  const may = useMay("cases:write");
  const { attach, dropAttachment } = useCaseChanges(found.id);
  return (
    <>
      {may && (
        <div className="toolbar">
          <FileButton onChange={(file) => file && attach.mutate(file)}>
            {(props) => (
              <Button {...props} leftSection={<IconUpload size={14} />} loading={attach.isPending}>
                Add a file
              </Button>
            )}
          </FileButton>
        </div>
      )}
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No evidence">
              Files added here are kept with their SHA-256 and who added them. They are only ever downloaded,
              never opened here.
            </Empty>
          ) : (
            items.map((file) => (
              <div
                key={file.id}
                style={{
                  display: "grid",
                  gridTemplateColumns: "minmax(160px, 1fr) 80px minmax(0, 1.4fr) 140px 26px",
                  gap: 10,
                  padding: "4px 14px",
                  borderBottom: "1px solid var(--line)",
                  alignItems: "center",
                }}
              >
                <a
                  className="cut"
                  title={file.name}
                  href={url(`/attachments/${file.id}/content`)}
                  download={file.name}
                >
                  {file.name}
                </a>
                <span className="right">{bytes(file.size_bytes ?? file.size)}</span>
                <span style={{ display: "flex", minWidth: 0 }}>
                  <span className="mono dim cut" title={file.sha256}>
                    {file.sha256}
                  </span>
                  {file.sha256 && <CopyButton text={file.sha256} />}
                </span>
                <span className="dim">
                  <Time at={file.created_at} />
                </span>
                {may && (
                  <ActionIcon
                    aria-label={`Remove ${file.name}`}
                    onClick={() => dropAttachment.mutate(file.id)}
                  >
                    <IconTrash size={14} />
                  </ActionIcon>
                )}
              </div>
            ))
          )
        }
      </Loaded>
    </>
  );
}
