/** Which changes of the protos would break anyone who speaks the released ones; buf knows the rules (see `proto/buf.yaml`). */
import { spawnSync } from "node:child_process";
import { buf, protos, released } from "./paths.js";

/** What is broken, a sentence for each. */
export function brokenProtos() {
  const told = spawnSync(buf, ["breaking", "--against", released.protos], { cwd: protos, encoding: "utf8" });
  if (told.status === 0) return [];
  const lines = `${told.stdout}${told.stderr}`.trim().split("\n");
  return lines.map((line) => `proto/${line}`);
}

/** The protos as one file of descriptors, without comments and positions. */
export function writeImage(file) {
  const told = spawnSync(buf, ["build", "--exclude-source-info", "--output", file], { cwd: protos, encoding: "utf8" });
  if (told.status !== 0) throw new Error(told.stderr);
}
