/** Writes the released contracts as packages: `scripts/contracts.sh pack [FOLDER]`. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { client, openapi, protos, released, root, sdl } from "./paths.js";
import { writeImage } from "./protos.js";

const folder = resolve(process.argv[2] ?? join(root, "target/contracts"));
const version = readFileSync(released.version, "utf8").trim();
const scratch = mkdtempSync(join(tmpdir(), "curtail-contracts-"));
try {
  const image = join(scratch, "curtail.binpb");
  writeImage(image);
  const pairs = [[image, released.protos], [sdl, released.sdl], ...(openapi ? [[openapi, released.openapi]] : [])];
  const ahead = pairs.filter(([now, then]) => !existsSync(then) || !readFileSync(now).equals(readFileSync(then)));
  if (ahead.length > 0) {
    console.error(`not released yet: ${ahead.map(([now]) => now).join(", ")}; scripts/contracts.sh release VERSION`);
    process.exit(1);
  }
  mkdirSync(folder, { recursive: true });
  const to = (name) => join(folder, name);
  copyFileSync(released.protos, to(`curtail-${version}.binpb`));
  copyFileSync(released.sdl, to(`curtail-${version}.graphql`));
  if (openapi) copyFileSync(released.openapi, to(`curtail-${version}.openapi.json`));
  // The same content is the same file, whenever and by whomever it is packed.
  const same = [
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mtime=@0",
    `--transform=s,^,curtail-protos-${version}/,`,
  ];
  const archive = to(`curtail-protos-${version}.tar`);
  execFileSync("tar", [
    ...same,
    "-cf",
    archive,
    "-C",
    protos,
    "buf.yaml",
    "README.md",
    "curtail",
    "-C",
    root,
    "LICENSE",
  ]);
  execFileSync("gzip", ["-nf", archive]);
  execFileSync("npm", ["pack", "--loglevel=error", "--pack-destination", folder], {
    cwd: client,
    stdio: ["ignore", "ignore", "inherit"],
  });
  console.log(folder);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
