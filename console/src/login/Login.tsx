import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { Navigate, useSearchParams } from "react-router";
import { ApiError } from "../api/client";
import { useLogin, useSession, useSetupNeeded } from "../api/session";
import { Frame } from "./Frame";
import { landing } from "./landing";

export function Login() {
  const [params] = useSearchParams();
  const session = useSession();
  const setup = useSetupNeeded();
  const login = useLogin("/session");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  if (session.data) return <Navigate to={landing(params.get("next"))} replace />;
  if (setup.data?.needed) return <Navigate to="/setup" replace />;
  return (
    <Frame title="Log in">
      <form
        onSubmit={(e) => {
          e.preventDefault();
          login.mutate({ login: name, password });
        }}
      >
        <TextInput
          size="sm"
          label="Login"
          autoComplete="username"
          autoFocus
          required
          mb={10}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          mb={16}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {login.error && (
          <Alert color="orange" mb={12} role="alert">
            {login.error instanceof ApiError && login.error.status === 401
              ? "Login or password is wrong."
              : login.error.message}
          </Alert>
        )}
        <Button type="submit" size="sm" variant="filled" fullWidth loading={login.isPending}>
          Log in
        </Button>
      </form>
    </Frame>
  );
}
