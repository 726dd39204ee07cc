#!/usr/bin/env bash
# Stands in for the program in the tests of the cluster: it says it is ready and waits, or misbehaves as a file in
# its data folder asks.
set -u
name=$1
wait_for=(tail --follow --pid=$$ /dev/null)
while [ $# -gt 0 ]; do
  case $1 in
    --listen) port=${2##*:} ;;
    --data-dir) folder=$2 ;;
    --code) name=$2 ;;
    --exit-with-stdin) wait_for=(cat) ;;
  esac
  shift
done
echo "$name starts on port $port" >&2
if [ -e "$folder/fail" ]; then
  echo "the disk is full" >&2
  exit 2
fi
# Without a port of its own, one made of the process id tells two starts apart.
[ "$port" = 0 ] && port=$((20000 + $$ % 20000))
exec {lock}>"$folder/lock"
flock --nonblock "$lock" || exit 3
trap 'touch "$folder/terminated"; exit 0' TERM
echo "ready address=127.0.0.1:$port"
"${wait_for[@]}" <&0 >/dev/null {lock}>&- &
wait $!
