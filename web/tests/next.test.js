/** S5: where a user may be sent after signing in. Needs no platform. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ownPage } from "../pages/next.js";

const ORIGIN = "https://app.example";

test("s5 paths of our own are kept with query and fragment", () => {
  for (const path of ["/", "/playground", "/invite?token=a%2Fb&x=1", "/a/../b#c", "/login?next=%2F%2Fevil.example"]) {
    assert.equal(ownPage(path, ORIGIN).href, new URL(path, ORIGIN).href);
  }
});

test("s5 nothing leads to another origin", () => {
  const hostile = [
    null,
    "",
    "playground",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n\\evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https://app.example@evil.example",
    "@evil.example",
    ".evil.example",
    "javascript:alert(1)",
    "JavaScript://%0aalert(1)",
    "data:text/html,x",
    "blob:https://app.example/x",
    "http://app.example/",
  ];
  for (const next of hostile) assert.equal(ownPage(next, ORIGIN), null, JSON.stringify(next));
  // A path that would be a host name if it were resolved once more stays a path of ours.
  assert.equal(ownPage("/.//evil.example", ORIGIN).href, "https://app.example//evil.example");
});
