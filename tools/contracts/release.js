/** Makes the contracts as they are now the released ones: `scripts/contracts.sh release VERSION`. */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { problems } from "./check.js";
import { client, openapi, released, retired, sdl } from "./paths.js";
import { writeImage } from "./protos.js";

const [version] = process.argv.slice(2);
const last = readFileSync(released.version, "utf8").trim();
const found = problems();
if (found.length > 0) fail(found.join("\n"));
if (!/^\d+\.\d+\.\d+$/.test(version ?? "")) fail("say the version, as in 0.2.0");
if (!isLater(version, last)) fail(`${version} is not later than ${last}`);

writeImage(released.protos);
copyFileSync(sdl, released.sdl);
if (openapi) copyFileSync(openapi, released.openapi);
writeFileSync(released.version, `${version}\n`);
writeFileSync(retired, "[]\n");
const options = ["version", version, "--no-git-tag-version", "--allow-same-version", "--ignore-scripts"];
execFileSync("npm", options, { cwd: client, stdio: ["ignore", "ignore", "inherit"] });
console.log(`released: ${version}. Commit contracts/ and clients/typescript/, then scripts/contracts.sh pack`);

function isLater(one, other) {
  const [a, b] = [one, other].map((text) => text.split(".").map(Number));
  const differs = a.findIndex((part, n) => part !== b[n]);
  return differs >= 0 && a[differs] > b[differs];
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
