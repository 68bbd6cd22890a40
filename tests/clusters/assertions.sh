# shellcheck shell=bash
# What the cluster tests share; source it, do not run it. A test prints one line per expectation and ends with
# `finish`, which sets its exit status.
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/environment.sh"

MAJOR=${1:-$DEFAULT_MAJOR}
FAILED=0
BIN=$(programs_of "$MAJOR")
WORK=$(mktemp -d)
CLUSTERS=()
trap 'for c in "${CLUSTERS[@]}"; do "$ROOT/scripts/cluster" remove "$c" || true; done; rm -rf "$WORK"' EXIT

# start NAME MAJOR [OPTION...]: a cluster of this test, removed when it ends.
start() {
    CLUSTERS+=("$1")
    "$ROOT/scripts/cluster" start "$@" --fresh --fast 2>/dev/null
}

url() { "$ROOT/scripts/cluster" url "$@"; }

# sql CLUSTER DATABASE: runs standard input, prints bare values.
sql() { "$BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$(url "$1" "$2")"; }

# expect NAME ACTUAL EXPECTED
expect() {
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | sed 's/^/    /' | head -n 30 || true
        FAILED=1
    fi
}

# The older PostgreSQL that 18 comes from, with the extension: 17, or 16 where neither the archive nor a Python package has 17. Only its
# data matter: compiled in a quarter of the time; once for all suites of tests/run, of which one waits for the other.
older_major() {
    local major installed=${RUN:-$WORK}/older
    (
        flock 8
        [ ! -s "$installed" ] || exit 0
        for major in 17 16; do
            if "$ROOT/scripts/postgres" "$major" >/dev/null 2>&1; then
                "$ROOT/scripts/install-extension" "$major" --profile dev >/dev/null
                echo "$major" >"$installed"
                exit 0
            fi
        done
        die "neither PostgreSQL 17 nor 16 can be had: scripts/postgres 17 says why"
    ) 8>"$installed.lock"
    cat "$installed"
}

finish() { exit "$FAILED"; }
