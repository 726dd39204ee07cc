#!/usr/bin/env bash
# Builds the program and starts a cluster in the foreground; arguments go to `clearing up`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --package clearing
exec target/release/clearing up "$@"
