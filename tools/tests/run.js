/**
 * Runs the Rust tests of the workspace after one build: node tools/tests/run.js
 *
 * `cargo test` runs one test program after the other. The tests that run the whole platform mostly wait, so they run beside the others. Those that
 * compare times (sign-in, overload) run at the end, alone. Programs run as `cargo test` runs them: in the folder of their package.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ALONE = ["auth-svc", "gateway"];
const WHOLE_PLATFORM = "faults";

/** The test programs that `cargo test --no-run --message-format=json` names. */
export function programs(messages) {
  const found = messages
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter((message) => message.reason === "compiler-artifact" && message.profile.test && message.executable);
  return found.map((message) => ({
    name: message.target.name,
    folder: dirname(message.manifest_path),
    executable: message.executable,
  }));
}

/** What runs beside each other, and what runs alone after it. */
export function plan(found) {
  const alone = (program) => ALONE.some((folder) => program.folder.endsWith(`/${folder}`));
  return {
    platform: found.filter((program) => program.name === WHOLE_PLATFORM),
    others: found.filter((program) => program.name !== WHOLE_PLATFORM && !alone(program)),
    alone: found.filter(alone),
  };
}

function run(command, args, options) {
  return new Promise((done) => {
    spawn(command, args, options).on("close", (code) => done(code ?? 1));
  });
}

/** Runs programs one after the other; resolves to the names of those that failed. */
async function lane(list, work) {
  const failed = [];
  for (const [at, program] of list.entries()) {
    const log = join(work, `${program.name}-${at}-${list.length}`);
    const file = openSync(log, "w");
    const start = Date.now();
    const code = await run(program.executable, [], { cwd: program.folder, stdio: ["ignore", file, file] });
    closeSync(file);
    const title = `${program.folder.split("/").at(-1)} ${program.name}`;
    console.log(`== ${title}: ${Math.round((Date.now() - start) / 1000)} s\n${readFileSync(log, "utf8")}`);
    if (code !== 0) failed.push(title);
  }
  return failed;
}

async function main() {
  const cargo = ["test", "--locked", "--workspace", "--no-run", "--message-format=json"];
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const work = mkdtempSync(join(tmpdir(), "curtail-tests-"));
  try {
    const messages = join(work, "messages");
    const file = openSync(messages, "w");
    const start = Date.now();
    const built = await run("cargo", cargo, { cwd: root, stdio: ["ignore", file, "inherit"] });
    closeSync(file);
    console.log(`== build: ${Math.round((Date.now() - start) / 1000)} s`);
    if (built !== 0) return built;
    const { platform, others, alone } = plan(programs(readFileSync(messages, "utf8")));
    const failed = (await Promise.all([lane(platform, work), lane(others, work)])).flat();
    failed.push(...(await lane(alone, work)));
    const docs = await run("cargo", ["test", "--locked", "--workspace", "--doc", "--quiet"], {
      cwd: root,
      stdio: "inherit",
    });
    if (docs !== 0) failed.push("examples in documentation");
    for (const name of failed) console.error(`FAILED: ${name}`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main());
