/** Where the contracts are: as they are now, and as they were released. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project, unless CONTRACTS_ROOT names a copy of it. */
export const root = process.env.CONTRACTS_ROOT ?? fileURLToPath(new URL("../../", import.meta.url));
/** The buf that is installed beside this. */
export const buf = fileURLToPath(new URL("../node_modules/.bin/buf", import.meta.url));

const at = (path) => join(root, path);

export const protos = at("proto");
export const sdl = at("gateway/schema.graphql");
export const client = at("clients/typescript");
export const openapi = existsSync(at("gateway/openapi.json")) ? at("gateway/openapi.json") : undefined;
export const retired = at("contracts/retired.json");
export const released = {
  version: at("contracts/released/VERSION"),
  protos: at("contracts/released/curtail.binpb"),
  sdl: at("contracts/released/schema.graphql"),
  openapi: at("contracts/released/openapi.json"),
};
