# shellcheck shell=bash
# A stage: a server of its own with an extension directory of its own, in which scripts of other versions can be put without
# anybody else meeting them. Source it after environment.sh. The programs and the library are links to those that are installed.
#
# stage NAME MAJOR      makes it, starts the server and sets STAGE, EXTENSIONS (its directory of scripts) and LIBRARY
# strike                stops the server and removes all of it
# staged DATABASE       runs standard input there, prints bare values
# catalog_of DATABASE   what the extension is in a database, as catalog.sql says it
UPDATES=$ROOT/scripts/updates

stage() {
    local name=$1 major=$2 tree pg_config
    "$ROOT/scripts/postgres" "$major" >/dev/null
    STAGE=$(private_directory)/stage-$name-$major STAGE_MAJOR=$major
    strike
    mkdir -p "$STAGE/target"
    cp -r "$ROOT/scripts" "$STAGE/scripts"
    tree=$(readlink -f "$TARGET/postgresql-$major")
    cp -al "$tree" "$STAGE/target/postgresql-$major"
    pg_config=$("$STAGE/scripts/postgres" "$major")
    STAGE_BIN=$("$pg_config" --bindir)
    EXTENSIONS=$("$pg_config" --sharedir)/extension
    LIBRARY=$("$pg_config" --pkglibdir)/telemetry.so
    # Building writes scripts over those that are there: these must be files of their own.
    mkdir "$STAGE/scripts-of-today"
    cp "$EXTENSIONS"/telemetry* "$STAGE/scripts-of-today/"
    rm "$EXTENSIONS"/telemetry*
    cp "$STAGE"/scripts-of-today/telemetry* "$EXTENSIONS/"
    "$STAGE/scripts/cluster" start stage "$major" --fresh --fast 2>/dev/null
}

strike() {
    [ -d "${STAGE:-}" ] || return 0
    "$STAGE/scripts/cluster" remove stage || true
    rm -rf --one-file-system "$STAGE"
}

staged_url() { "$STAGE/scripts/cluster" url stage "$1"; }

staged() { "$STAGE_BIN/psql" -XqAt -v ON_ERROR_STOP=1 "$(staged_url "$1")"; }

catalog_of() { staged "$1" <"$UPDATES/catalog.sql"; }

# The version of this checkout.
version_of_today() { sed -nE 's/^version = "(.*)"/\1/p' "$ROOT/Cargo.toml" | head -n 1; }

# The releases, oldest first.
releases() {
    local file
    for file in "$ROOT"/sql/releases/telemetry--*.sql; do
        [ ! -e "$file" ] || basename "$file" .sql
    done | sed 's/^telemetry--//' | sort -V
}

# by_hand FROM TO: the arguments of draft for what people wrote for this step.
by_hand() {
    local first=$ROOT/sql/updates/$1--$2.first.sql file=$ROOT/sql/updates/$1--$2.sql
    [ ! -e "$first" ] || printf '%s\n' --first "$first"
    [ ! -e "$file" ] || printf '%s\n' --by-hand "$file"
}
