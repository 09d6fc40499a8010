import { IconCheck, IconX } from "@tabler/icons-react";
import type { Condition } from "../api/rules";

const WORDS = { all: "All of", any: "Any of", not: "Not", one: "" };

/** Every condition of a rule: whether it holds for the event, and what the event has instead. */
export function Conditions({ condition, depth = 0 }: { condition: Condition; depth?: number }) {
  const Icon = condition.held ? IconCheck : IconX;
  return (
    <div style={{ marginLeft: depth ? 14 : 0 }}>
      <div style={{ display: "flex", gap: 6, alignItems: "flex-start", padding: "1px 0" }}>
        <Icon
          size={14}
          aria-label={condition.held ? "holds" : "does not hold"}
          color={condition.held ? "light-dark(#1f7a33, #69db7c)" : "var(--sev-2)"}
          style={{ flex: "none", marginTop: 2 }}
        />
        {condition.how === "one" ? (
          <span style={{ overflowWrap: "anywhere" }}>
            <span className="mono">{condition.text}</span>
            {!condition.held && condition.field && (
              <span className="dim">
                {" "}
                {condition.present ? (
                  <>
                    the event has <span className="mono">{condition.value}</span>
                  </>
                ) : (
                  "the event has no such field"
                )}
              </span>
            )}
          </span>
        ) : (
          <b>{WORDS[condition.how]}</b>
        )}
      </div>
      {condition.parts.map((part, i) => (
        // The parts of a condition have no name but their place.
        <Conditions key={`${i}${part.text}`} condition={part} depth={depth + 1} />
      ))}
    </div>
  );
}
