#!/bin/sh
# Check the console's types and run its unit tests; build.sh has installed what that needs.
set -eu
command -v npm >/dev/null 2>&1 || PATH="$PWD/$BIN:$PATH"
cd console
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error
npm run check --silent
npm test --silent
