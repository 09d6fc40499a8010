import { createBrowserRouter } from "react-router";
import { Login } from "./login/Login";
import { Setup } from "./login/Setup";
import { Rows } from "./parts/State";
import { Failed, NotFound } from "./shell/Failed";
import { Shell } from "./shell/Shell";

/** Each page is loaded when it is first opened. */
export const router = createBrowserRouter([
  { path: "/login", element: <Login />, errorElement: <Failed /> },
  { path: "/setup", element: <Setup />, errorElement: <Failed /> },
  {
    path: "/",
    element: <Shell />,
    hydrateFallbackElement: <Rows />,
    errorElement: <Failed />,
    children: [
      // A page that breaks leaves the navigation standing.
      {
        errorElement: <Failed />,
        children: [
          { index: true, lazy: async () => ({ Component: (await import("./overview/Overview")).Overview }) },
          { path: "alerts", lazy: async () => ({ Component: (await import("./alerts/Alerts")).Alerts }) },
          {
            path: "alerts/:id",
            lazy: async () => ({ Component: (await import("./alerts/AlertPage")).AlertPage }),
          },
          { path: "cases", lazy: async () => ({ Component: (await import("./cases/Cases")).Cases }) },
          {
            path: "cases/:id",
            lazy: async () => ({ Component: (await import("./cases/CasePage")).CasePage }),
          },
          { path: "search", lazy: async () => ({ Component: (await import("./search/Search")).Search }) },
          {
            path: "dashboards",
            lazy: async () => ({ Component: (await import("./dashboards/Dashboards")).Dashboards }),
          },
          {
            path: "dashboards/:id",
            lazy: async () => ({ Component: (await import("./dashboards/DashboardPage")).DashboardPage }),
          },
          { path: "intel", lazy: async () => ({ Component: (await import("./intel/Intel")).Intel }) },
          { path: "rules", lazy: async () => ({ Component: (await import("./rules/Rules")).Rules }) },
          {
            path: "rules/new",
            lazy: async () => ({ Component: (await import("./rules/RulePage")).NewRule }),
          },
          {
            path: "rules/:id",
            lazy: async () => ({ Component: (await import("./rules/RulePage")).RulePage }),
          },
          {
            path: "exceptions",
            lazy: async () => ({ Component: (await import("./exceptions/Exceptions")).Exceptions }),
          },
          {
            path: "coverage",
            lazy: async () => ({ Component: (await import("./coverage/Coverage")).Coverage }),
          },
          {
            path: "playbooks",
            lazy: async () => ({ Component: (await import("./playbooks/Playbooks")).Playbooks }),
          },
          {
            path: "runs/:id",
            lazy: async () => ({ Component: (await import("./playbooks/RunPage")).RunPage }),
          },
          { path: "agents", lazy: async () => ({ Component: (await import("./agents/Agents")).Agents }) },
          { path: "sources", lazy: async () => ({ Component: (await import("./sources/Sources")).Sources }) },
          {
            path: "notifications",
            lazy: async () => ({ Component: (await import("./notify/Notifications")).Notifications }),
          },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);
