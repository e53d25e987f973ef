/** The check of the pages of attacks and faults. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { numbersOfRows, numbersOfTests, problems } from "./catalogue.js";

test("numbers are read from names of tests in both languages", () => {
  const text =
    'async fn s18_s37_every_rpc() {}\nfn f07_a_wire() {}\ntest("s5 paths of our own", () => {});\nfn s3_is_no_number() {}';
  assert.deepEqual([...numbersOfTests(text)].sort(), ["F07", "S05", "S18", "S37"]);
});

test("a test without a row and an attack without a test are refused", () => {
  const rows = numbersOfRows("| S01 | an attack | what holds |\n| F02 | a fault | by hand |\nS03 is mentioned");
  assert.deepEqual(problems(new Set(["S04"]), rows), [
    "docs/understand/attacks.md: S01 has no test",
    "docs/understand/attacks.md: tests name S04, which has no row",
  ]);
  assert.deepEqual(problems(new Set(["S01"]), rows), []);
});
