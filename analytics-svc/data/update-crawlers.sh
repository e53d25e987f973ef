#!/bin/sh
# Fetches the newest list of crawlers from the npm registry and writes crawlers.txt and crawlers.LICENSE beside this file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tar xzf "$(npm pack --silent crawler-user-agents)"
cp package/LICENSE "$here/crawlers.LICENSE"
node -e '
const version = require("./package/package.json").version;
const patterns = require("./package/crawler-user-agents.json").map((entry) => entry.pattern);
console.log("# Patterns of https://github.com/monperrus/crawler-user-agents " + version + ", one regular expression a line.");
console.log("# Licence: MIT, see crawlers.LICENSE. Made by data/update-crawlers.sh.");
console.log(patterns.join("\n"));
' > "$here/crawlers.txt"
