/** The check of links between pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anchors, targets } from "./links.js";

test("links of other hosts and of code blocks are not followed", () => {
  const page = "[a](b.md#c) [d](https://example.com)\n```md\n[e](f.md)\n```\n[g](#h)";
  assert.deepEqual(targets(page), ["b.md#c", "#h"]);
});

test("headings have the anchors that GitHub gives them", () => {
  assert.deepEqual([...anchors("# Who may do what?\n## `curtail up`, twice")], ["who-may-do-what", "curtail-up-twice"]);
});
