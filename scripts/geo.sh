#!/bin/sh
# Fetches the free country database (CC0) into .curtail/geo, once. Without npm or network, analytics go on without countries.
set -eu
cd "$(dirname "$0")/.."

package=@ip-location-db/geo-whois-asn-country-mmdb
file=geo-whois-asn-country.mmdb
target=.curtail/geo
[ ! -e "$target/$file" ] || exit 0
command -v npm >/dev/null 2>&1 || exit 0

mkdir -p "$target"
work=$(mktemp -d "$target/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
skip() {
    echo "No country database ($1); clicks stay without a country. Try again with scripts/geo.sh."
    exit 0
}
timeout 60 npm pack --silent --pack-destination "$work" "$package" >/dev/null 2>&1 || skip "npm did not deliver it"
tar -xzf "$work"/*.tgz -C "$work" || skip "the package is damaged"
[ -s "$work/package/$file" ] || skip "the package has no $file"
mv "$work/package/$file" "$target/$file"
