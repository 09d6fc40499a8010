import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { useLogin, useSession, useSetupNeeded } from "../api/session";
import { Frame } from "./Frame";

/** First run: whoever holds the token that `tocsin up` printed becomes the administrator. */
export function Setup() {
  const [params] = useSearchParams();
  const session = useSession();
  const setup = useSetupNeeded();
  const create = useLogin("/setup");
  const [token, setToken] = useState(params.get("token") ?? "");
  const [login, setLogin] = useState("admin");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  if (session.data) return <Navigate to="/" replace />;
  if (setup.data && !setup.data.needed) return <Navigate to="/login" replace />;
  const differs = again !== "" && again !== password;
  return (
    <Frame title="Set up the first administrator">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (!differs) create.mutate({ token: token.trim(), login, password });
        }}
      >
        <TextInput
          size="sm"
          label="Setup token"
          description="Printed in the terminal by tocsin up"
          required
          mb={10}
          value={token}
          onChange={(e) => setToken(e.currentTarget.value)}
        />
        <TextInput
          size="sm"
          label="Login"
          autoComplete="username"
          required
          mb={10}
          value={login}
          onChange={(e) => setLogin(e.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="new-password"
          required
          mb={10}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        <PasswordInput
          label="Password again"
          autoComplete="new-password"
          required
          mb={16}
          value={again}
          error={differs && "The two differ."}
          onChange={(e) => setAgain(e.currentTarget.value)}
        />
        {create.error && (
          <Alert color="orange" mb={12} role="alert">
            {create.error.message}
          </Alert>
        )}
        <Button type="submit" size="sm" variant="filled" fullWidth loading={create.isPending}>
          Create and log in
        </Button>
      </form>
    </Frame>
  );
}
