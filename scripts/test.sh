#!/usr/bin/env bash
# Builds the program and runs every test; arguments go to the test runner. It needs Rust, a C compiler,
# Python with venv and Node.js; what else the tests need it installs below the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."

need() {
  command -v "$1" >/dev/null || { echo "missing: $1 ($2)" >&2; exit 2; }
}
need cargo "install Rust with rustup"
need cc "install a C compiler, such as gcc"
need npm "install Node.js; a client of the tests comes from it"
need python3 "install Python with venv; a client of the tests is written in it"

target=${CARGO_TARGET_DIR:-target}
tests/interop/install.sh "$target/interop"
tests/report/install.sh "$target/report"
export PATH="$PATH:$target/tools/bin"
if command -v cargo-nextest >/dev/null || cargo install --quiet --locked --root "$target/tools" cargo-nextest; then
  exec cargo nextest run --workspace --locked "$@"
fi
echo "cargo-nextest is not here and cannot be installed: running cargo test instead" >&2
exec cargo test --workspace --locked "$@"
