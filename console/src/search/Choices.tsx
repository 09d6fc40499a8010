import { useEffect, useRef } from "react";
import type { Choice } from "./complete";

interface Props {
  id: string;
  choices: Choice[];
  chosen: number;
  onPick: (choice: Choice) => void;
}

/** What can be typed next. The field keeps the focus; arrows move, Enter or Tab takes. */
export function Choices({ id, choices, chosen, onPick }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.children[chosen]?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div className="choices" role="listbox" id={id} ref={box} aria-label="What can be typed next">
      {choices.map((choice, i) => (
        <div
          key={choice.text}
          id={`${id}-${i}`}
          role="option"
          tabIndex={-1}
          aria-selected={i === chosen}
          onMouseDown={(e) => {
            e.preventDefault();
            onPick(choice);
          }}
        >
          <span className="mono cut">{choice.label ?? choice.text}</span>
          <span className="dim">{choice.note}</span>
        </div>
      ))}
    </div>
  );
}
