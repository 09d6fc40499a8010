import { Suspense, useState } from "react";
import { Navigate, Outlet, useLocation, useNavigate } from "react-router";
import { useSession } from "../api/session";
import { useKeys } from "../keys/keys";
import { ErrorBox, Rows } from "../parts/State";
import { Help } from "./Help";
import { Jump } from "./Jump";
import { Nav } from "./Nav";
import { PAGES } from "./pages";

/** The frame around every page: navigation, jump list, help, and the check that someone is logged in. */
export function Shell() {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.isPending) return <Rows n={4} />;
  if (session.error && !session.data)
    return <ErrorBox error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) return <Navigate to={`/login?next=${encodeURIComponent(pathname + search)}`} replace />;
  return <Inside />;
}

function Inside() {
  const [help, setHelp] = useState(false);
  const go = useNavigate();
  useKeys({
    "?": () => setHelp(true),
    ...Object.fromEntries(PAGES.map((page) => [`g ${page.key}`, () => void go(page.to)])),
  });
  return (
    <div className="shell">
      <Nav onHelp={() => setHelp(true)} />
      <Suspense fallback={<Rows />}>
        <Outlet />
      </Suspense>
      <Jump />
      <Help opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}
