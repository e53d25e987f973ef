/** The package as it would be published: packed, installed without network into an empty folder, used from there. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "curtail-client-"));
const run = (program, ...rest) => execFileSync(program, rest, { cwd: folder, encoding: "utf8" });
let packed;
before(() => {
  const told = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: here, encoding: "utf8" });
  packed = JSON.parse(told.slice(told.indexOf("[\n")))[0];
  // What it depends on comes from here instead of the registry.
  const local = Object.keys(manifest.dependencies).map((name) => [name, `file:${join(here, "node_modules", name)}`]);
  const dependencies = { [manifest.name]: `file:./${packed.filename}`, ...Object.fromEntries(local) };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", type: "module", dependencies }));
  run("npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel=error");
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("it holds what the README says and nothing else", () => {
  const files = packed.files.map((file) => file.path);
  for (const expected of [
    "README.md",
    "LICENSE",
    "package.json",
    "schema.graphql",
    "dist/index.js",
    "dist/index.d.ts",
  ]) {
    assert.ok(files.includes(expected), `${expected} is missing: ${files}`);
  }
  assert.deepEqual(
    files.filter((file) => !/^(dist\/.*\.(js|d\.ts)|README\.md|LICENSE|package\.json|schema\.graphql)$/.test(file)),
    [],
  );
  assert.ok(packed.unpackedSize < 400_000, `${packed.unpackedSize} bytes`);
});

test("it is imported by its name, without anything of Node", () => {
  const program = `
    import { createClient, graphql, CODES } from "${manifest.name}";
    const client = createClient({ url: "http://localhost:8080/graphql", fetch: async (_, init) => Response.json({ data: JSON.parse(init.body) }) });
    const { query } = await client.query(graphql("query V { version }"));
    console.log(JSON.stringify([query.replace(/\\s+/g, " "), CODES.length > 20]));`;
  writeFileSync(join(folder, "app.js"), program);
  assert.deepEqual(JSON.parse(run(process.execPath, "app.js")), ["query V { version }", true]);
  const files = packed.files.map((file) => file.path).filter((path) => path.endsWith(".js"));
  for (const file of files) {
    const text = readFileSync(join(folder, "node_modules", manifest.name, file), "utf8");
    assert.doesNotMatch(text, /from "node:|require\(|\bprocess\.|\bBuffer\b/, file);
  }
});

test("its types are found and infer, and the README's program compiles", () => {
  const program = `
    import { createClient, graphql } from "${manifest.name}";
    const { viewer } = await createClient({ url: "" }).query(graphql("{ viewer { email } }"));
    export const email: string | undefined = viewer?.email;
    // @ts-expect-error it was not asked for
    viewer?.fullName;`;
  const [, readme] = readFileSync(join(here, "README.md"), "utf8").match(/```ts\n([\s\S]*?)```/);
  writeFileSync(join(folder, "app.ts"), program);
  writeFileSync(join(folder, "readme.ts"), readme);
  const typeRoots = [join(here, "node_modules/@types")];
  const options = { strict: true, noEmit: true, target: "es2022", module: "nodenext", skipLibCheck: true };
  const config = { compilerOptions: { ...options, typeRoots, types: ["node"] }, files: ["app.ts", "readme.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  run(process.execPath, join(here, "node_modules/typescript/bin/tsc"), "--project", ".");
});
