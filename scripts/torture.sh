#!/usr/bin/env bash
# Builds the program and tortures a cluster: kills, partitions and overload under load, then the audit.
# Arguments go to `clearing torture`; without any it takes about four minutes and prints its seed.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked --package clearing
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
target/release/clearing torture --seconds 200 --data-dir "$folder" "$@"
