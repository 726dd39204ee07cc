#!/usr/bin/env bash
# Installs what the browser test of report.html needs: a client into a folder and, where apt can, Chromium.
# Without a browser it says so, and the test is skipped. Quick when everything is there.
set -euo pipefail
into=${1:?usage: install.sh FOLDER}
mkdir -p "$into"
into=$(cd "$into" && pwd)
cd "$(dirname "$0")"

# The list that was installed is copied last, so that an installation cut short is done again.
if [ "$(cat package.json)" != "$(cat "$into/installed-package.json" 2>/dev/null)" ]; then
  cp package.json "$into/package.json"
  npm install --prefix "$into" --no-package-lock --no-audit --no-fund --loglevel error
  cp package.json "$into/installed-package.json"
fi
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  log=$(mktemp)
  { apt-get update --quiet=2 &&
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium fonts-dejavu-core
  } >"$log" 2>&1 || tail -3 "$log" >&2
  rm -f "$log"
fi
browser >"$into/browser" || echo "SKIPPED: the browser test of report.html, as no Chromium is here and apt cannot install it" >&2
