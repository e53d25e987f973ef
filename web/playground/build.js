/**
 * Builds the playground's files from the packages in package-lock.json and writes the licences of everything that went in.
 */
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

const result = await build({
  entryPoints: { playground: join(here, "src/main.jsx") },
  outdir: dist,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: ["chrome110", "firefox110", "safari16"],
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
});
await cp(join(here, "src/index.html"), join(dist, "index.html"));

/** The folder of the package that a bundled file belongs to. */
function packageOf(file) {
  const match = file.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  return match?.[1];
}

const folders = new Set(Object.keys(result.metafile.inputs).map(packageOf).filter(Boolean));
const notices = [];
for (const folder of [...folders].sort()) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), "utf8") : "(no licence file in the package)";
  notices.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
}
await writeFile(join(dist, "LICENSES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
