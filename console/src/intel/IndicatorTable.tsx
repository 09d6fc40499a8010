import type { Indicator } from "../api/types";
import { Tags, TlpChip } from "../parts/Chip";
import { type Column, Grid } from "../parts/Grid";
import { Time } from "../parts/Time";
import { Hostile } from "../parts/Value";

const COLUMNS: Column<Indicator>[] = [
  { key: "kind", title: "Kind", width: "70px", render: (i) => i.kind },
  {
    key: "value",
    title: "Value",
    width: "minmax(200px, 2fr)",
    render: (i) => <Hostile value={i.value} kind={i.kind} />,
  },
  { key: "feed", title: "Feed", width: "minmax(90px, 1fr)", render: (i) => i.feed },
  { key: "confidence", title: "Confidence", width: "76px", align: "right", render: (i) => i.confidence },
  { key: "tlp", title: "TLP", width: "132px", render: (i) => <TlpChip value={i.tlp} /> },
  { key: "until", title: "Valid until", width: "140px", render: (i) => <Time at={i.valid_until} /> },
  { key: "seen", title: "Last seen", width: "76px", render: (i) => <Time at={i.last_seen_at} as="age" /> },
  {
    key: "comment",
    title: "Comment",
    width: "minmax(120px, 1.4fr)",
    render: (i) => <span title={i.comment ?? i.event_info ?? ""}>{i.comment ?? i.event_info}</span>,
  },
  { key: "tags", title: "Tags", width: "minmax(80px, 1fr)", render: (i) => <Tags values={i.tags} /> },
];

interface Props {
  items: Indicator[];
  most?: number;
  onEnd?: () => void;
  onOpen?: (indicator: Indicator) => void;
}

export function IndicatorTable({ items, most, onEnd, onOpen }: Props) {
  return (
    <Grid
      label="Indicators"
      rows={items}
      columns={COLUMNS}
      id={(i) => i.id}
      most={most}
      onEnd={onEnd}
      onOpen={onOpen}
      keys={onOpen !== undefined}
    />
  );
}
