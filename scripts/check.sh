#!/usr/bin/env bash
# Everything a change must pass: format, lints, interface, documentation, tests. It never writes to the tree.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
if command -v npx >/dev/null; then
  (cd proto && npx --yes @bufbuild/buf@1 lint)
else
  echo "skipped: buf lint, as npx is not installed" >&2
fi
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
exec scripts/test.sh
