/**
 * Writes what the client knows of the API: `npm run generate`; with `--check`, says whether it is in step.
 *
 * - `src/generated/schema.d.ts`: the schema as a type, from which gql.tada infers what an operation answers
 * - `src/generated/codes.ts`: the closed list of error codes, from the gateway's own
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { minifyIntrospection, outputIntrospectionFile } from "@gql.tada/internal";
import { buildSchema, introspectionFromSchema } from "graphql";

const here = new URL("../", import.meta.url);
const gateway = new URL("../../gateway/", here);

const sdl = await readFile(new URL("schema.graphql", gateway), "utf8");
const rust = await readFile(new URL("src/error.rs", gateway), "utf8");

const files = {
  "src/generated/schema.d.ts": types(sdl),
  "src/generated/codes.ts": codes(rust),
};

if (process.argv.includes("--check")) {
  const read = (path) => readFile(new URL(path, here), "utf8").catch(() => "");
  const behind = [];
  for (const [path, content] of Object.entries(files)) {
    if ((await read(path)) !== content) behind.push(path);
  }
  if (behind.length > 0) {
    console.error(`behind the gateway: ${behind.join(", ")}; run npm run generate in clients/typescript`);
    process.exit(1);
  }
} else {
  await mkdir(new URL("src/generated/", here), { recursive: true });
  for (const [path, content] of Object.entries(files)) await writeFile(new URL(path, here), content);
}

function types(text) {
  const introspection = minifyIntrospection(introspectionFromSchema(buildSchema(text)));
  const output = outputIntrospectionFile(introspection, { fileType: ".d.ts", shouldPreprocess: true });
  // What follows would make it the schema of every use of gql.tada in the program.
  return `${output.slice(0, output.indexOf("import * as gqlTada"))}`.trimEnd().concat("\n");
}

function codes(text) {
  const declared = text.slice(text.indexOf("codes! {"));
  const list = [...declared.matchAll(/((?:^\s*\/\/\/.*\n)+)\s*\w+ = "([A-Z_]+)",/gm)];
  if (list.length < 20) throw new Error("the codes of gateway/src/error.rs are not where they were");
  const entries = list.map(([, doc, code]) => {
    const says = doc.replaceAll(/^\s*\/\/\/\s?/gm, "").trim();
    return `  /** ${says.replaceAll("\n", " ")} */\n  "${code}",\n`;
  });
  return `// Written by scripts/generate.js from gateway/src/error.rs.

/** Every code that an error can have. */
export const CODES = [
${entries.join("")}] as const;
`;
}
