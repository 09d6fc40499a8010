#!/bin/sh
# Build the console with the machine's Node, or with the one from requirements/node.txt when there is none.
set -eu
if ! command -v npm >/dev/null 2>&1; then
  $PIP install --require-hashes -r requirements/node.txt
  PATH="$PWD/$BIN:$PATH"
fi
cd console
npm ci --no-audit --no-fund --loglevel=error
npm run build --silent
