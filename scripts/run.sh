#!/usr/bin/env bash
# Builds the program and runs the pilot day on eleven real processes; arguments go to `clearing run`.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --package clearing
exec target/release/clearing run experiments/pilot-2022.toml "$@"
