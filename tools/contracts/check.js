/** Refuses changes of the contracts that would break clients of the released ones: `scripts/contracts.sh check`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brokenSchema } from "./graphql.js";
import { brokenApi } from "./openapi.js";
import { client, openapi, released, retired, sdl } from "./paths.js";
import { brokenProtos } from "./protos.js";

const text = (file) => readFileSync(file, "utf8");

/** What is broken in all contracts, and what is wrong with the lists beside them. */
export function problems() {
  const list = JSON.parse(text(retired));
  const found = [
    ...list.filter((entry) => !entry.field || !entry.unusedSince || !entry.why).map(incomplete),
    ...brokenProtos(),
    ...brokenSchema(
      text(released.sdl),
      text(sdl),
      list.map((entry) => entry.field),
    ).map((what) => `gateway/schema.graphql: ${what}`),
  ];
  if (existsSync(released.openapi)) {
    const now = openapi ? JSON.parse(text(openapi)) : {};
    found.push(...brokenApi(JSON.parse(text(released.openapi)), now).map((what) => `gateway/openapi.json: ${what}`));
  }
  const version = text(released.version).trim();
  const packaged = JSON.parse(text(join(client, "package.json"))).version;
  if (packaged !== version) found.push(`clients/typescript/package.json: version ${packaged}, released is ${version}`);
  return found;
}

function incomplete(entry) {
  return `contracts/retired.json: ${JSON.stringify(entry)} needs field, unusedSince and why`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = problems();
  for (const problem of found) console.error(problem);
  if (found.length > 0) {
    console.error(
      "\nThis breaks clients of the released contracts; docs/use/clients.md says how something is retired.",
    );
    process.exit(1);
  }
}
