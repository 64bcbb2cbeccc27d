#!/usr/bin/env bash
# Installs webpack and Next.js beside the project, for `npm run examples:browser`. About 350 MB.
#
#   examples/browser/setup-bundlers.sh [FOLDER]        default: $CONCLAVE_BUNDLERS, else ~/.cache/conclave-bundlers
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-${CONCLAVE_BUNDLERS:-$HOME/.cache/conclave-bundlers}}
mkdir -p "$folder"
node -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  const { bundlersOutside } = JSON.parse(readFileSync(process.argv[1], "utf8"));
  writeFileSync(process.argv[2], JSON.stringify({ private: true, dependencies: bundlersOutside }, null, 2) + "\n");
' "$here/package.json" "$folder/package.json"
cd "$folder"
npm install --no-audit --no-fund --loglevel=error
