export interface Tab {
  key: string;
  title: string;
  count?: number;
}

/** A row of tabs; `numbered` shows the fixed digit that opens each. */
export function Tabs({
  tabs,
  at,
  onPick,
  numbered,
}: {
  tabs: Tab[];
  at: string;
  onPick: (key: string) => void;
  numbered?: boolean;
}) {
  return (
    <div className="tabs" role="tablist">
      {tabs.map((tab, i) => (
        <button
          key={tab.key}
          type="button"
          role="tab"
          aria-selected={tab.key === at}
          onClick={() => onPick(tab.key)}
        >
          {tab.title}
          {tab.count !== undefined && <span className="dim"> {tab.count}</span>}
          {numbered && <sup>{i + 1}</sup>}
        </button>
      ))}
    </div>
  );
}
