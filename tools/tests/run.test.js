/** Which test programs run beside which. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { plan, programs } from "./run.js";

const artifact = (folder, name, test = true) =>
  JSON.stringify({
    reason: "compiler-artifact",
    manifest_path: `/p/${folder}/Cargo.toml`,
    target: { name },
    profile: { test },
    executable: test ? `/p/target/${folder}-${name}` : null,
  });

test("the whole platform runs beside the others, and what compares times runs alone", () => {
  const messages = [
    "not json",
    artifact("curtail", "faults"),
    artifact("auth-svc", "it"),
    artifact("notify-svc", "it"),
    artifact("crates/ids", "lib", false),
  ];
  const found = programs(messages.join("\n"));
  assert.deepEqual(
    found.map((program) => program.executable),
    ["/p/target/curtail-faults", "/p/target/auth-svc-it", "/p/target/notify-svc-it"],
  );
  const { platform, others, alone } = plan(found);
  assert.deepEqual(
    [platform, others, alone].map((list) => list.map((program) => program.folder)),
    [["/p/curtail"], ["/p/notify-svc"], ["/p/auth-svc"]],
  );
});
