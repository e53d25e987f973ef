/** The check of the length of pages and sentences. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { problems, sentences } from "./prose.js";

const words = (count) => `${"Word ".repeat(count).trim()}.`;

test("thirty words are a sentence and thirty-one are too many", () => {
  assert.deepEqual(problems("a.md", words(30)), []);
  assert.match(problems("a.md", words(31))[0], /^a\.md:1: a sentence of 31 words/);
});

test("lists, cells and paragraphs end a sentence; code does not count", () => {
  const page = "One two\nthree.\n- four\n- five\n\n| six | seven |\n\n```\neight nine\n```\n";
  assert.deepEqual(
    sentences(page).map((sentence) => sentence.words),
    [3, 1, 1, 1, 1],
  );
});

test("a page of 200 lines passes and one more does not, unless it is generated", () => {
  const page = (lines) => "Text.\n".repeat(lines);
  assert.deepEqual(problems("a.md", page(200)), []);
  assert.equal(problems("a.md", `${page(200)}Text.\n`).length, 1);
  assert.deepEqual(problems("a.md", `${page(200)}Generated from the code.\n`), []);
});
