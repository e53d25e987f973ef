#!/bin/sh
# Installs what is missing: scripts/setup.sh [test]
#
# As root, or with sudo, by apt; otherwise it says what to install and fails. Does nothing, and needs no network, when all is
# there. The servers that the packages bring are neither started nor enabled: Curtail runs private ones, and a database that
# Curtail did not make is never touched.
set -eu
cd "$(dirname "$0")/.."
. scripts/node-path.sh

has() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { has postgres && has initdb || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; }

packages=
need() { has "$1" || packages="$packages $2"; }

has cc || packages="$packages gcc libc6-dev"
has_postgres || packages="$packages postgresql"
need redis-server redis-server
need setpriv util-linux
need curl curl
if [ "${1:-}" = test ]; then
    need node nodejs
    need npm npm
    need jq jq
    has chromium || has chromium-browser || has google-chrome || packages="$packages chromium"
fi

if ! has cargo; then
    echo "Rust is missing. Install it from https://rustup.rs and try again." >&2
    exit 1
fi
# The tools need a newer Node than Debian 12 has.
newer_node() {
    [ "${1:-}" != test ] || node_is_new_enough node || [ -x "$node_home/bin/node" ] || install_node
}
if [ -z "$packages" ]; then
    newer_node "${1:-}"
    exit
fi

if ! has apt-get; then
    echo "Missing, in Debian's names:$packages. Install them and try again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif has sudo; then
    as_root=sudo
else
    echo "Missing:$packages. As root: apt-get install$packages" >&2
    exit 1
fi

echo "Installing:$packages"
# While the packages install: no cluster of PostgreSQL's own, and no server started (the policy of invoke-rc.d).
cluster_conf=/etc/postgresql-common/createcluster.d/curtail-setup.conf
policy=/usr/sbin/policy-rc.d
had_policy=no
if [ -e "$policy" ]; then had_policy=yes; fi
had_redis=no
if has redis-server; then had_redis=yes; fi
restore() {
    $as_root rm -f "$cluster_conf"
    if [ "$had_policy" = no ]; then $as_root rm -f "$policy"; fi
}
trap restore EXIT
$as_root mkdir -p "$(dirname "$cluster_conf")"
echo 'create_main_cluster = false' | $as_root tee "$cluster_conf" >/dev/null
if [ "$had_policy" = no ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $packages

# Nor at the next boot.
if [ "$had_redis" = no ] && has systemctl; then
    $as_root systemctl disable redis-server >/dev/null 2>&1 || true
fi
newer_node "${1:-}"
