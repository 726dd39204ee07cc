#!/usr/bin/env bash
# Builds the program and runs every test; arguments go to `cargo nextest run`.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
  command -v "$1" >/dev/null || { echo "missing: $1 ($2)" >&2; exit 2; }
}
need cargo "install Rust with rustup"
need cargo-nextest "cargo install --locked cargo-nextest"

exec cargo nextest run --workspace --locked "$@"
