/** The check of the contracts, run on a copy of the project in which something was changed. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const project = fileURLToPath(new URL("../../", import.meta.url));
const made = [];
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A copy whose released contracts are the present ones. */
function copy() {
  const folder = mkdtempSync(join(tmpdir(), "curtail-check-"));
  made.push(folder);
  const filter = (path) => !["node_modules", "dist", "src"].includes(basename(path)) || path.includes("typescript/src");
  for (const path of ["proto", "contracts", "clients/typescript", "gateway/schema.graphql", "LICENSE"]) {
    cpSync(join(project, path), join(folder, path), { recursive: true, filter });
  }
  // The schema of these tests is small and has something to retire.
  const sdl =
    'type Query { link: Link! } type Link { id: ID! slug: Slug @deprecated(reason: "use id") } type Slug { text: String! }';
  const api = { openapi: "3.1.0", paths: { "/v1/links": { get: { responses: { 200: {} } } } } };
  for (const to of ["gateway", "contracts/released"]) {
    writeFileSync(join(folder, to, "schema.graphql"), sdl);
    writeFileSync(join(folder, to, "openapi.json"), JSON.stringify(api));
  }
  writeFileSync(join(folder, "contracts/retired.json"), "[]");
  run(folder, "protos-image");
  const version = readFileSync(join(folder, "contracts/released/VERSION"), "utf8").trim();
  return {
    folder,
    version,
    edit(path, from, to) {
      const text = readFileSync(join(folder, path), "utf8");
      assert.ok(text.includes(from), `${path} has no ${from}`);
      writeFileSync(join(folder, path), text.replace(from, to));
    },
    check: () => run(folder, "check"),
    release: (version) => run(folder, "release", version),
    pack: (to) => run(folder, "pack", to),
  };
}

/** Exit code and output of a command on a copy. */
function run(folder, command, ...rest) {
  const env = { ...process.env, CONTRACTS_ROOT: folder };
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  if (command === "protos-image") {
    const released = join(folder, "contracts/released/curtail.binpb");
    const buf = here("../node_modules/.bin/buf");
    return execFileSync(buf, ["build", "--exclude-source-info", "--output", released], { cwd: join(folder, "proto") });
  }
  const told = spawnSync(process.execPath, [here(`${command}.js`), ...rest], { env, encoding: "utf8" });
  return { code: told.status, text: `${told.stdout}${told.stderr}` };
}

/** Whether the check refuses, and names what is wrong. */
function refuses(project, what) {
  const { code, text } = project.check();
  assert.equal(code, 1, text);
  assert.match(text, what);
}

test("what was released is let through, and so is what is added", () => {
  const project = copy();
  assert.deepEqual(project.check(), { code: 0, text: "" });
  project.edit("gateway/schema.graphql", "link: Link!", "link(code: String): Link! more: Int");
  project.edit(
    "proto/curtail/links/v1/links.proto",
    "service LinkService {",
    "message More { int64 id = 1; }\nservice LinkService {",
  );
  assert.deepEqual(project.check(), { code: 0, text: "" });
});

test("a field of a message cannot be removed", () => {
  const project = copy();
  project.edit(
    "proto/curtail/links/v1/links.proto",
    "message CreateLinkRequest {",
    "message CreateLinkRequest {\n  int64 more = 9000;",
  );
  assert.equal(run(project.folder, "protos-image").length, 0);
  project.edit("proto/curtail/links/v1/links.proto", "  int64 more = 9000;\n", "");
  refuses(project, /proto\/curtail\/links\/v1\/links\.proto.*"9000".*"more".*"CreateLinkRequest" was deleted/);
});

test("an RPC cannot be removed", () => {
  const project = copy();
  project.edit("proto/curtail/links/v1/links.proto", "rpc CreateLink(", "rpc MakeLink(");
  refuses(project, /"CreateLink".*deleted/);
});

test("a field of the schema goes when it was deprecated and is listed, and not before", () => {
  const project = copy();
  project.edit("gateway/schema.graphql", ' slug: Slug @deprecated(reason: "use id")', "");
  project.edit("gateway/schema.graphql", " type Slug { text: String! }", "");
  refuses(project, /schema\.graphql: Slug was removed\.\n.*Link\.slug was removed/);
  const entry = { field: "Link.slug", unusedSince: "2026-01-01", why: "id does the same" };
  project.edit("contracts/retired.json", "[]", JSON.stringify([{ field: entry.field }]));
  refuses(project, /needs field, unusedSince and why/);
  writeFileSync(join(project.folder, "contracts/retired.json"), JSON.stringify([entry]));
  assert.deepEqual(project.check(), { code: 0, text: "" });

  const early = copy();
  early.edit("gateway/schema.graphql", "type Link { id: ID!", "type Link {");
  writeFileSync(join(early.folder, "contracts/retired.json"), JSON.stringify([{ ...entry, field: "Link.id" }]));
  refuses(early, /Link\.id was removed/);

  const late = copy();
  writeFileSync(join(late.folder, "contracts/retired.json"), JSON.stringify([entry]));
  refuses(late, /Link\.slug is listed as retired and still there/);
});

test("an operation of the REST API cannot be removed", () => {
  const project = copy();
  project.edit("gateway/openapi.json", "/v1/links", "/v1/urls");
  refuses(project, /openapi\.json: GET \/v1\/links was removed/);
});

test("the client has the version of the contracts", () => {
  const project = copy();
  project.edit("clients/typescript/package.json", `"version": "${project.version}"`, '"version": "9.9.9"');
  refuses(project, /version 9\.9\.9, released is/);
});

test("a release moves what is compared with, and is packed the same each time", () => {
  const project = copy();
  symlinkSync(
    fileURLToPath(new URL("../../clients/typescript/node_modules", import.meta.url)),
    join(project.folder, "clients/typescript/node_modules"),
  );
  project.edit("gateway/schema.graphql", "link: Link!", "link: Link! more: Int");
  assert.match(project.pack(join(project.folder, "out")).text, /not released yet: .*schema\.graphql/);
  assert.equal(project.release(project.version).code, 1, "not the same version again");
  assert.equal(project.release("0.0.1").code, 1, "nor an earlier one");
  const next = "99.0.0";
  assert.equal(project.release(next).code, 0);
  assert.deepEqual(project.check(), { code: 0, text: "" });
  project.edit("gateway/schema.graphql", " more: Int", "");
  refuses(project, /Query\.more was removed/);
  project.edit("gateway/schema.graphql", "link: Link!", "link: Link! more: Int");

  const pack = (to) => {
    const { code, text } = project.pack(join(project.folder, to));
    assert.equal(code, 0, text);
    return readdirSync(join(project.folder, to)).sort();
  };
  const names = ["client-", "", "", "", "protos-"].map(
    (part, n) => `curtail-${part}${next}.${["tgz", "binpb", "graphql", "openapi.json", "tar.gz"][n]}`,
  );
  assert.deepEqual(pack("one"), names.sort());
  pack("two");
  const archive = `curtail-protos-${next}.tar.gz`;
  const [one, two] = ["one", "two"].map((to) => readFileSync(join(project.folder, to, archive)));
  assert.ok(one.equals(two));
  const listed = execFileSync("tar", ["-tzf", join(project.folder, "one", archive)], { encoding: "utf8" });
  for (const file of ["buf.yaml", "README.md", "LICENSE", "curtail/links/v1/links.proto"]) {
    assert.ok(listed.includes(`curtail-protos-${next}/${file}`), listed);
  }
});
