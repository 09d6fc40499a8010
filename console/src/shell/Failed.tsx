import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
import { ErrorBox } from "../parts/State";

/** A page that broke: say so, keep the rest of the console. */
export function Failed() {
  const error = useRouteError();
  return (
    <main className="pad">
      <ErrorBox error={error} retry={() => window.location.reload()} />
    </main>
  );
}

export function NotFound() {
  return (
    <main className="pad">
      <p>There is no such page.</p>
      <Button component={Link} to="/">
        Overview
      </Button>
    </main>
  );
}
