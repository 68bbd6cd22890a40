# shellcheck shell=bash
# The places and the few functions that the scripts beside this file share; source it, do not run it.
# It changes nothing on disk by itself. As root, everything that is a server or works on a
# cluster's files goes through as_server_user, because PostgreSQL refuses to run as root.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
TARGET=$ROOT/target
if [ "$(id -u)" -eq 0 ]; then
    CACHE=${TELEMETRY_CACHE:-/var/cache/telemetry-build}
else
    CACHE=${TELEMETRY_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/telemetry-build}
fi
DEFAULT_MAJOR=15
# Below the target directory, so that nobody's own pgrx configuration is read or written.
export PGRX_HOME=$TARGET/pgrx
export ROOT TARGET CACHE DEFAULT_MAJOR
command -v cargo >/dev/null || PATH=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH
# Others (the server user) must be able to read what is written here; secrets set their own mode.
umask 022

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# The account that runs servers when we are root.
server_user() {
    if [ "$(id -u)" -ne 0 ]; then
        id -un
    elif getent passwd postgres >/dev/null; then
        echo postgres
    else
        echo nobody
    fi
}

# as_server_user CMD...: runs CMD in / with a clean environment, unprivileged when we are root.
# Clean in both cases: a stray PGDATA, PGOPTIONS or RUST_BACKTRACE changes what tests see.
as_server_user() {
    local user become=()
    user=$(server_user)
    if [ "$(id -u)" -eq 0 ]; then
        become=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
    fi
    (
        cd / &&
            exec "${become[@]}" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/nonexistent \
                USER="$user" LOGNAME="$user" LANG=C.UTF-8 "$@"
    )
}

# What servers must be able to enter: the target directory, or, when the server user cannot reach
# it (the checkout lies under a private directory), a directory of this checkout in /var/tmp.
private_directory() {
    mkdir -p "$TARGET"
    if [ "$(id -u)" -ne 0 ] || as_server_user test -r "$TARGET" -a -x "$TARGET"; then
        echo "$TARGET"
        return
    fi
    local hash place
    hash=$(printf %s "$ROOT" | sha256sum)
    place=/var/tmp/telemetry-${hash:0:12}
    mkdir -m 0711 "$place" 2>/dev/null || true
    # The name can be guessed and /var/tmp belongs to everybody: take only what is ours.
    if [ -L "$place" ] || [ ! -d "$place" ] || [ ! -O "$place" ]; then
        die "$place exists and is not ours; remove it"
    fi
    echo "$place"
}

# stand_in PLACE NAME: where PLACE is such a directory, target/NAME becomes a symbolic link into it.
stand_in() {
    local place=$1 name=$2
    [ "$place" != "$TARGET" ] && [ ! -L "$TARGET/$name" ] || return 0
    [ ! -e "$TARGET/$name" ] ||
        die "$(server_user) can no longer enter $TARGET: move $TARGET/$name away"
    ln -s "$place/$name" "$TARGET/$name"
    say "$(server_user) cannot enter $TARGET: target/$name is kept in $place/$name"
}

# Where the data and logs of this checkout's clusters are.
state_directory() {
    local place
    place=$(private_directory)
    stand_in "$place" clusters
    mkdir -p "$place/clusters"
    echo "$place/clusters"
}

# programs_of MAJOR: the directory of initdb, psql and so on of this checkout's private PostgreSQL.
programs_of() {
    local pg_config
    pg_config=$("$ROOT/scripts/postgres" "$1") || return
    "$pg_config" --bindir
}

# pg_regress_of MAJOR [pg_isolation_regress]: the test driver for that version. It only drives
# psql, so any version's serves: take that of DEFAULT_MAJOR where a PostgreSQL came without one.
pg_regress_of() {
    local major=$1 program=${2:-pg_regress} candidate folder pg_config pgxs driver
    case $program in
        pg_regress) folder=regress ;;
        pg_isolation_regress) folder=isolation ;;
        *) die "no such test driver: $program" ;;
    esac
    for candidate in "$major" "$DEFAULT_MAJOR"; do
        pg_config=$("$ROOT/scripts/postgres" "$candidate") || return
        pgxs=$("$pg_config" --pgxs)
        driver=${pgxs%/makefiles/pgxs.mk}/test/$folder/$program
        if [ -x "$driver" ]; then
            [ "$candidate" = "$major" ] ||
                say "PostgreSQL $major has no $program: using that of $candidate"
            echo "$driver"
            return
        fi
    done
    die "no $program for PostgreSQL $major"
}
