#!/usr/bin/env bash
# Everything a change must pass: format, lints, interface, dependencies, documentation, tests. It never writes
# to the tree; what tools it needs it installs below the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
export PATH="$PATH:$target/tools/bin"

# Installs a tool of cargo where it is missing. They run for seconds, so that they are built fast rather than well.
tool() {
  command -v "$1" >/dev/null && return
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo install --quiet --locked --root "$target/tools" --version "$2" "$1"
}

cargo fmt --all --check
(cd proto && npx --yes @bufbuild/buf@1.75.0 lint && npx --yes @bufbuild/buf@1.75.0 format --diff --exit-code)
tool cargo-machete 0.9.2
cargo machete --skip-target-dir
tool cargo-deny 0.20.2
cargo deny --log-level error check bans licenses sources
cargo clippy --workspace --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
exec scripts/test.sh
