#!/usr/bin/env bash
# Installs clients of other people, in the versions named beside this file, into a folder. Quick when they are there.
set -euo pipefail
into=${1:?usage: install.sh FOLDER}
mkdir -p "$into"
into=$(cd "$into" && pwd)
cd "$(dirname "$0")"

# The list that was installed is copied last, so that an installation cut short is done again.
installed() { [ -f "$into/installed-$1" ] && [ "$(cat "$1")" = "$(cat "$into/installed-$1")" ]; }

if ! installed package.json; then
  cp package.json "$into/package.json"
  npm install --prefix "$into" --no-package-lock --no-audit --no-fund --loglevel error
  cp package.json "$into/installed-package.json"
fi
if ! installed requirements.txt; then
  python3 -m venv --clear "$into/python"
  "$into/python/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt
  cp requirements.txt "$into/installed-requirements.txt"
fi
