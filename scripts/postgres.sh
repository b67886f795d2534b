#!/usr/bin/env bash
# A Postgres server of one's own, for tests: scripts/postgres.sh start|restart|stop FOLDER
#
# It keeps everything in FOLDER, which may be there if it is empty, and listens only on a socket in it:
#   PGHOST=FOLDER PGPORT=5432 PGUSER=postgres
# "restart" is the hard way, as after a crash. Ends with 3 where Postgres is not installed.
set -euo pipefail

command=$1
folder=$(realpath -m "$2")

bin=$(
  for at in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)" "$(dirname "$(command -v initdb || true)")"; do
    if [ -x "$at/initdb" ] && [ -x "$at/pg_ctl" ]; then
      echo "$at"
    fi
  done | sort -V | tail -n 1
)
if [ -z "$bin" ]; then
  echo "Postgres is not installed here" >&2
  exit 3
fi

# Postgres does not run as root.
as=(env)
if [ "$(id -u)" = 0 ]; then
  id -u postgres >/dev/null 2>&1 || { echo "Postgres needs the user postgres here" >&2; exit 3; }
  as=(setpriv --reuid=postgres --regid="$(id -g postgres)" --clear-groups --)
fi
ctl() {
  # Elsewhere than in a folder that the user postgres may not be in; what goes on running holds no pipe open.
  (cd / && "${as[@]}" "$bin/pg_ctl" --silent --wait --pgdata="$folder/data" --log="$folder/log" "$@" </dev/null >"$folder/ctl" 2>&1) ||
    { cat "$folder/ctl" "$folder/log" >&2; return 1; }
}
options="-c listen_addresses= -c unix_socket_directories=$folder -c port=5432 -c max_connections=200"

case $command in
  start)
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then chown postgres "$folder"; fi
    (cd / && "${as[@]}" "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null)
    ctl start --options="$options"
    ;;
  restart) ctl restart --mode=immediate --options="$options" ;;
  stop) ctl stop --mode=immediate ;;
  *)
    echo "unknown: $command" >&2
    exit 2
    ;;
esac
