import { useAssignees } from "../api/session";
import type { Severity as Level, Pap, Tlp } from "../api/types";
import { PAP, SEVERITIES, TLP } from "../format/words";
import { PapChip, TlpChip } from "./Chip";
import { Pick } from "./Pick";
import { Severity } from "./Severity";

interface Props<T> {
  value: T;
  onPick: (value: T) => void;
  disabled?: boolean;
}
const numbers = (of: object) => Object.keys(of).map(Number);

export function SeverityPick({ value, onPick, disabled }: Props<Level>) {
  const choices = numbers(SEVERITIES).map((n) => ({
    value: String(n),
    label: <Severity level={n as Level} />,
  }));
  return (
    <Pick
      label="severity"
      shown={<Severity level={value} />}
      choices={choices}
      onPick={(v) => onPick(Number(v) as Level)}
      disabled={disabled}
    />
  );
}

export function TlpPick({ value, onPick, disabled }: Props<Tlp>) {
  const choices = numbers(TLP).map((n) => ({ value: String(n), label: <TlpChip value={n as Tlp} /> }));
  return (
    <Pick
      label="TLP"
      shown={<TlpChip value={value} />}
      choices={choices}
      onPick={(v) => onPick(Number(v) as Tlp)}
      disabled={disabled}
    />
  );
}

export function PapPick({ value, onPick, disabled }: Props<Pap>) {
  const choices = numbers(PAP).map((n) => ({ value: String(n), label: <PapChip value={n as Pap} /> }));
  return (
    <Pick
      label="PAP"
      shown={<PapChip value={value} />}
      choices={choices}
      onPick={(v) => onPick(Number(v) as Pap)}
      disabled={disabled}
    />
  );
}

export function AssigneePick({ value, onPick, disabled }: Props<string | null>) {
  const people = useAssignees();
  const choices = [
    ...people.map((p) => ({
      value: p.login,
      label: p.name && p.name !== p.login ? `${p.name} (${p.login})` : p.login,
    })),
    { value: "", label: <span className="dim">Nobody</span> },
  ];
  const shown = value ? <span>{value}</span> : <span className="dim">unassigned</span>;
  return (
    <Pick
      label="assignee"
      shown={shown}
      choices={choices}
      onPick={(v) => onPick(v || null)}
      disabled={disabled}
    />
  );
}
