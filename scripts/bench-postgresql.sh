#!/usr/bin/env bash
# Measures PostgreSQL with the same transfer: one stored call per payment across operators, ten hot net positions.
# Arguments: seconds per run, 10 unless stated. It starts a server of its own in a temporary folder; durable.
set -euo pipefail
cd "$(dirname "$0")"
export PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)

for program in initdb pg_ctl psql pgbench; do
  command -v "$program" >/dev/null || { echo "skipped: $program of PostgreSQL is not installed" >&2; exit 0; }
done
folder=$(mktemp -d) as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root.
  id postgres >/dev/null 2>&1 || { echo "skipped: no user postgres to run a server as" >&2; exit 0; }
  chown postgres "$folder"; as=(runuser -u postgres -- env "PATH=$PATH")
fi
cd "$folder"
cleanup() { "${as[@]}" pg_ctl --pgdata db --mode immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap cleanup EXIT
"${as[@]}" initdb --pgdata db --auth trust --username bench >/dev/null
options="-k $folder -c listen_addresses= -c max_connections=100 -c shared_buffers=512MB -c max_wal_size=4GB"
"${as[@]}" pg_ctl --pgdata db --log log --options "$options" --wait start >/dev/null
export PGHOST=$folder PGUSER=bench PGDATABASE=postgres
psql --quiet --file "$OLDPWD/bench-postgresql.sql"
echo 'SELECT pay((random() * 9999)::int, (random() * 9999)::int);' >pay.sql
for clients in 1 8 64; do
  echo "$clients clients, synchronous_commit on, load average $(cut -d' ' -f1-3 /proc/loadavg)"
  pgbench --no-vacuum --file pay.sql --client "$clients" --jobs 2 --time "${1:-10}" --protocol prepared --log 2>&1 | grep -E 'tps|latency average'
  sort --numeric-sort --key 3 pgbench_log.* | awk '{ l[NR] = $3 } END { printf "latency p99 = %.1f ms\n", l[int(NR * .99) + 1] / 1000 }'
  rm -f pgbench_log.*
done
