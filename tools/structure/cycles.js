/**
 * Refuses cycles of modules: in each crate, sibling modules that import each other, directly or through others.
 *
 * The modules of a crate are read from its files, the imports from `use` and from paths that begin with `crate`, `self` or `super`. A module
 * and its parent may name each other; unit tests do not count.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `{"src/a/b.rs": text}` of one crate to the cycles in it, each a list of paths like `a::b`. */
export function cycles(files) {
  const modules = new Map(Object.entries(files).map(([file, text]) => [modulePath(file), text]));
  const edges = new Map();
  for (const [from, text] of modules) {
    for (const to of references(from, withoutTests(text), modules)) addEdge(edges, from, to);
  }
  return [...components(edges)].filter((group) => group.length > 1).map((group) => group.sort());
}

function modulePath(file) {
  const parts = file
    .replace(/^src\//, "")
    .replace(/\.rs$/, "")
    .split("/");
  const last = parts.at(-1);
  if (last === "mod" || (parts.length === 1 && (last === "lib" || last === "main"))) parts.pop();
  return parts.join("::");
}

function withoutTests(text) {
  const code = text.replace(/\/\/.*$/gm, "");
  const tests = code.search(/^#\[cfg\(test\)\]\s*(pub(\([a-z]+\))? )?mod \w+ \{/m);
  return tests < 0 ? code : code.slice(0, tests);
}

/** The modules that the text of `from` names. */
function* references(from, text, modules) {
  for (const [, tree] of text.matchAll(/\buse\s+([^;]+);/g)) {
    for (const path of flatten(tree.replace(/\s+/g, " ").trim())) yield* resolve(from, path.split("::"), modules);
  }
  for (const [path] of text.matchAll(/\b(?:crate|self|super)(?:::\w+)+/g))
    yield* resolve(from, path.split("::"), modules);
}

/** `a::{b, c::d}` to `a::b`, `a::c::d`. */
export function flatten(tree) {
  const open = tree.indexOf("{");
  if (open < 0) return [tree.replace(/ as .*/, "").trim()];
  const prefix = tree.slice(0, open).trim();
  const inner = tree.slice(open + 1, tree.lastIndexOf("}"));
  const items = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= inner.length; at += 1) {
    if (inner[at] === "{") depth += 1;
    if (inner[at] === "}") depth -= 1;
    if (at === inner.length || (inner[at] === "," && depth === 0)) {
      const item = inner.slice(start, at).trim();
      if (item) items.push(item);
      start = at + 1;
    }
  }
  return items.flatMap((item) => flatten(item).map((path) => prefix + path));
}

function* resolve(from, path, modules) {
  const parts = path.map((part) => part.trim());
  let at = from === "" ? [] : from.split("::");
  if (!["crate", "self", "super"].includes(parts[0])) return;
  while (["crate", "self", "super"].includes(parts[0])) {
    const head = parts.shift();
    if (head === "crate") at = [];
    if (head === "super") at = at.slice(0, -1);
  }
  while (parts.length > 0 && modules.has([...at, parts[0]].join("::"))) at.push(parts.shift());
  yield at.join("::");
}

/** An import counts between the two siblings under which the modules stand. */
function addEdge(edges, from, to) {
  const a = from === "" ? [] : from.split("::");
  const b = to === "" ? [] : to.split("::");
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared += 1;
  if (shared === a.length || shared === b.length) return;
  const source = a.slice(0, shared + 1).join("::");
  if (!edges.has(source)) edges.set(source, new Set());
  edges.get(source).add(b.slice(0, shared + 1).join("::"));
}

/** Tarjan's strongly connected components. */
function* components(edges) {
  const index = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node), low.get(next)));
      } else if (stack.includes(next)) {
        low.set(node, Math.min(low.get(node), index.get(next)));
      }
    }
    if (low.get(node) === index.get(node)) found.push(stack.splice(stack.indexOf(node)));
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  yield* found;
}

function crates(root) {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"], {
    cwd: root,
    encoding: "utf8",
  });
  const found = new Map();
  for (const file of files.split("\n")) {
    const [, crate, inner] = /^(.*?)\/(src\/(?!bin\/).*\.rs)$/.exec(file) ?? [];
    if (!crate || /(^|\/)tests?\.rs$/.test(inner)) continue;
    if (!found.has(crate)) found.set(crate, {});
    try {
      found.get(crate)[inner] = readFileSync(`${root}/${file}`, "utf8");
    } catch (error) {
      if (error.code !== "ENOENT") throw error; // deleted, not yet committed
    }
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  let count = 0;
  for (const [crate, files] of crates(root)) {
    for (const cycle of cycles(files)) {
      count += 1;
      console.error(`${crate}: these modules import each other in a cycle: ${cycle.join(", ")}`);
    }
  }
  process.exit(count > 0 ? 1 : 0);
}
