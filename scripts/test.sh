#!/usr/bin/env bash
# Builds the program and runs every test; arguments go to `cargo nextest run`.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
  command -v "$1" >/dev/null || { echo "missing: $1 ($2)" >&2; exit 2; }
}
need cargo "install Rust with rustup"
need cargo-nextest "cargo install --locked cargo-nextest"
need npm "install Node.js; a client of the tests comes from it"
need python3 "install Python with venv; a client of the tests is written in it"
need cmp "install diffutils"

tests/interop/install.sh "${CARGO_TARGET_DIR:-target}/interop"
tests/report/install.sh "${CARGO_TARGET_DIR:-target}/report"
exec cargo nextest run --workspace --locked "$@"
