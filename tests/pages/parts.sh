# shellcheck shell=bash
# What looks at pages, for the suites that have some; source it after tests/clusters/assertions.sh. Each part that cannot be had says so
# by its exit status. NODE is where the packages are.
PARTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
NODE=$CACHE/pages-node

# A program that starts Chromium with the libraries that came with it, and fonts where the machine has none.
chromium() {
    local place libraries fonts=
    place=$("$PARTS/unpacked" pages-chromium chromium fonts-dejavu-core) || return 1
    libraries=$place/usr/lib/$(uname -m)-linux-gnu
    if [ ! -f /etc/fonts/fonts.conf ]; then
        sed "s|<dir>/usr/share/fonts</dir>|&<dir>$place/usr/share/fonts</dir>|" "$place/etc/fonts/fonts.conf" >"$WORK/fonts.conf"
        fonts=FONTCONFIG_FILE=$WORK/fonts.conf
    fi
    printf '#!/bin/sh\nexport LD_LIBRARY_PATH=%s %s\nexec %s "$@"\n' \
        "$libraries:$libraries/pulseaudio" "$fonts" "$place/usr/lib/chromium/chromium" >"$WORK/chromium"
    chmod +x "$WORK/chromium"
    "$WORK/chromium" --version >/dev/null 2>&1 || return 1
    echo "$WORK/chromium"
}

has_node() { node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null; }

# has_packages PROGRAM...: puts these programs where they find the packages, which are installed once for all checkouts of this user,
# anew when what is asked for changes.
has_packages() {
    has_node || return 1
    mkdir -p "$CACHE"
    (
        flock 9
        cmp -s "$PARTS/package-lock.json" "$NODE/installed.json" && exit 0
        rm -rf "$NODE"
        mkdir "$NODE"
        cp "$PARTS/package.json" "$PARTS/package-lock.json" "$PARTS/.npmrc" "$NODE/"
        cd "$NODE"
        timeout 300 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 >"$NODE.log" 2>&1 </dev/null || exit 1
        cp "$PARTS/package-lock.json" installed.json
    ) 9>"$NODE.lock" || return 1
    # Modules are looked up beside what imports them.
    ln -sfn "$NODE/node_modules" "$WORK/node_modules"
    cp "$PARTS/package.json" "$@" "$WORK/"
}

java_of_debian() {
    local place
    command -v java && return
    place=$("$PARTS/unpacked" pages-java default-jre-headless) || return 1
    compgen -G "$place/usr/lib/jvm/java-*/bin/java" | head -n 1 | grep .
}

# checked OPTION... FILE...: what the Nu HTML checker finds. It does not know a property that is CSS since SVG 2; and a hostile value is
# shown as it came, in no normal form.
checked() {
    "$JAVA" -jar "$NODE/node_modules/vnu-jar/build/dist/vnu.jar" --stdout --format gnu \
        --filterpattern ".*paint-order.*|.*Unicode Normalization Form C.*" "$@" 2>&1
}

has_checker() { JAVA=$(java_of_debian) && has_packages && [ -f "$NODE/node_modules/vnu-jar/build/dist/vnu.jar" ]; }
