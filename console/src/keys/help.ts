/** What `?` shows. */
export const HELP: [string, [string, string][]][] = [
  [
    "Anywhere",
    [
      ["?", "This list"],
      ["Ctrl K", "Jump to a page, alert or case"],
      ["/", "Focus the query"],
      ["Ctrl Enter", "Run the query"],
      ["Esc", "Close what is open"],
    ],
  ],
  [
    "Go to",
    [
      ["g o", "Overview"],
      ["g a", "Alerts"],
      ["g c", "Cases"],
      ["g s", "Search"],
      ["g d", "Dashboards"],
      ["g i", "Intel"],
      ["g r", "Rules"],
      ["g e", "Exceptions"],
      ["g v", "Coverage"],
      ["g p", "Playbooks"],
      ["g h", "Agents"],
      ["g l", "Sources"],
      ["g n", "Notifications"],
    ],
  ],
  [
    "In a table",
    [
      ["j / k", "Next, previous row"],
      ["Enter", "Open the row"],
      ["x", "Select the row"],
      ["Esc", "Close the open row, then clear the selection"],
    ],
  ],
  [
    "On a dashboard",
    [
      ["r", "Ask again"],
      ["f", "The panel with the focus on the whole page"],
      ["e", "Edit"],
      ["R", "Reports by schedule"],
      ["a", "While editing: add a panel"],
      ["Arrows", "While editing: move the panel with the focus; with Shift, resize it"],
      ["Enter / d / Del", "While editing: its form, a copy of it, delete it"],
      ["Ctrl Z / Ctrl S", "While editing: undo, save"],
    ],
  ],
  [
    "On a rule",
    [
      ["Ctrl Enter", "Try the text on the event"],
      ["Ctrl S", "Save"],
    ],
  ],
  [
    "In the search",
    [
      ["t / w", "New tab, close the tab"],
      ["[ / ]", "Previous, next tab"],
      ["o", "Open a saved search"],
      ["Ctrl S", "Save the search"],
      ["r", "Search again"],
      ["l", "Live tail"],
      ["h", "Hide or show the chart"],
      ["\\", "Filter the fields"],
      ["1 – 5", "Table, JSON, Raw line, Lineage, Surrounding of the open event"],
      ["Tab", "Take the first suggestion under the query"],
      ["← →", "On the chart: choose a bar, with Shift a span; Enter zooms"],
    ],
  ],
  [
    "On an alert",
    [
      ["a", "Assign to me"],
      ["c", "Close with a reason"],
      ["f", "Close as a false positive"],
      ["e", "Escalate to a case"],
      ["m", "Merge into a case"],
    ],
  ],
  [
    "In a case",
    [["1 – 8", "Description, Tasks, Observables, Alerts, Timeline, Evidence, Playbooks, Activity"]],
  ],
];
