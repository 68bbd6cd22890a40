# shellcheck shell=bash disable=SC2154
# What PostgREST sends (postgrest.sql): every function of the API as anon, authenticated, an analyst and an auditor, to the router and to
# the one database. A part of tests/shards/run, which has the helpers.

postgrest() {
    local database
    sql "$CLUSTER" $NORTH <"$HERE/postgrest.sql" | sed "s/@canary/$CANARY/g" >"$WORK/requests.sql"
    # Where in the source an error was raised is another place.
    for database in router one; do
        "$database" <"$WORK/requests.sql" | grep -v '^LOCATION:' >"$WORK/$database.requests" &
    done
    wait
    # A line a request: its function and role, and what came of it. Of what tells the name of its database, ids of its log or when it was
    # made the beginning, and of a document the headers too.
    for database in router one; do
        awk '/^=== / { if (line) print line; line = substr($0, 5) "\t"; next } { line = line " " $0 } END { print line }' "$WORK/$database.requests" |
            sed -E '/^(dashboard_page|kpi_chart|prometheus_rules|user_data) /{s/^(.{100}).*(\|\[\{"Content-Type".*)$/\1\2/; t; s/^(.{100}).*/\1/}' >"$WORK/$database.lines"
    done
    expect "shards: what PostgREST sends as each role for every function is answered as by one database" \
        "$(diff "$WORK/one.lines" "$WORK/router.lines" | cut -c 1-1000)" ""
    expect "shards: each function was called with what it wants, and most answer an analyst" \
        "$(grep -c 42883 "$WORK/one.lines" || true) $(($(grep -cE 'as shards_analyst.*ERROR' "$WORK/one.lines") * 3 < $(grep -c 'as shards_analyst' "$WORK/one.lines")))" "0 1"
    expect "shards: no payload is in what they get" "$(cat "$WORK"/{router,one}.requests | grep -c "$CANARY" || true)" 0
}
