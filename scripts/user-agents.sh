#!/bin/sh
# Updates the data about user agents and referrers from their maintained sources:
#   uap-core (Apache-2.0) and crawler-user-agents (MIT) from the npm registry into crates/user-agent/data,
#   Matomo's list of search engines, social networks and AI assistants (CC0) from GitHub into analytics-svc/data.
# Run `cargo test -p curtail-user-agent -p analytics-svc` afterwards: the corpus says what has changed.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
referrers=${MATOMO_LIST:-https://github.com/matomo-org/searchengine-and-social-list}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts uap-core crawler-user-agents js-yaml
git clone --quiet --depth 1 "$referrers" referrers

mkdir -p "$root/crates/user-agent/data" "$root/analytics-svc/data"
cp node_modules/uap-core/LICENSE "$root/crates/user-agent/data/uap-core.LICENSE"
cp node_modules/crawler-user-agents/LICENSE "$root/crates/user-agent/data/crawlers.LICENSE"
cat > convert.js <<'JS'
const fs = require("fs");
const yaml = require("js-yaml");
const root = process.argv[2];
const version = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version;
const load = (path) => yaml.load(fs.readFileSync(path, "utf8"));
const header = (source, licence, form) =>
  `# ${source}, ${form}.\n# Licence: ${licence}. Written by scripts/user-agents.sh.\n`;
const write = (path, head, lines) => fs.writeFileSync(`${root}/${path}`, head + lines.join("\n") + "\n");

const uap = load("node_modules/uap-core/regexes.yaml");
const source = `uap-core ${version("uap-core")} (https://github.com/ua-parser/uap-core)`;
const form = "an expression, a tab and the name where it is not the first group";
const line = (regex, name) => (name ? `${regex}\t${name}` : regex);
write("crates/user-agent/data/browsers.tsv", header(source, "Apache-2.0, see uap-core.LICENSE", form),
  uap.user_agent_parsers.map((rule) => line(rule.regex, rule.family_replacement)));
write("crates/user-agent/data/systems.tsv", header(source, "Apache-2.0, see uap-core.LICENSE", form),
  uap.os_parsers.map((rule) => line(rule.regex, rule.os_replacement)));

const crawlers = JSON.parse(fs.readFileSync("node_modules/crawler-user-agents/crawler-user-agents.json"));
write("crates/user-agent/data/crawlers.txt",
  header(`crawler-user-agents ${version("crawler-user-agents")} (https://github.com/monperrus/crawler-user-agents)`,
    "MIT, see crawlers.LICENSE", "an expression a line"),
  crawlers.map((entry) => entry.pattern));

const rows = new Set();
const add = (channel, hosts) => {
  for (const host of hosts) {
    const name = host.replace(/^www\./, "").toLowerCase();
    if (/^[a-z0-9.{}-]+$/.test(name) && name.includes(".")) rows.add(`${channel}\t${name}`);
  }
};
for (const [, rules] of Object.entries(load("referrers/SearchEngines.yml")))
  for (const rule of rules) add("search", rule.urls ?? []);
for (const hosts of Object.values(load("referrers/Socials.yml"))) add("social", hosts);
for (const hosts of Object.values(load("referrers/AIAssistants.yml"))) add("ai", hosts);
write("analytics-svc/data/referrers.tsv",
  header("Matomo's searchengine-and-social-list (https://github.com/matomo-org/searchengine-and-social-list)", "CC0-1.0",
    "a channel, a tab and a host; {} is any public suffix"),
  [...rows].sort());
JS
node convert.js "$root"
