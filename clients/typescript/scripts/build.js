/** Builds `dist/`: what is compiled, the generated types, and beside it the schema and the licence. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], {
  stdio: "inherit",
});
mkdirSync(here("dist/generated"), { recursive: true });
copyFileSync(here("src/generated/schema.d.ts"), here("dist/generated/schema.d.ts"));
copyFileSync(here("../../gateway/schema.graphql"), here("schema.graphql"));
copyFileSync(here("../../LICENSE"), here("LICENSE"));
