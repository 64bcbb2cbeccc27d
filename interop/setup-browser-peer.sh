#!/usr/bin/env bash
# Sets up the deployed XMTP client for browsers beside the project, for `npm run test:interop -- browsers`. About 350 MB.
#
#   interop/setup-browser-peer.sh [FOLDER]        default: $CONCLAVE_BROWSER_PEER, else ~/.cache/conclave-browser-peer
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-${CONCLAVE_BROWSER_PEER:-$HOME/.cache/conclave-browser-peer}}
mkdir -p "$folder"
node -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  const { peerBrowserClient } = JSON.parse(readFileSync(process.argv[1], "utf8"));
  writeFileSync(process.argv[2], JSON.stringify({ private: true, type: "module", dependencies: peerBrowserClient }, null, 2) + "\n");
' "$here/package.json" "$folder/package.json"
cd "$folder"
npm install --ignore-scripts --no-audit --no-fund --loglevel=error
