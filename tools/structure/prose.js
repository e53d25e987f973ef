/** Refuses pages that are too long to read, and sentences of more than 30 words. Generated tables and code do not count. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAX_WORDS = 30;
const MAX_LINES = 200;

/** The sentences of a page, each with the line that it begins in. */
export function sentences(page) {
  const found = [];
  let paragraph = { line: 0, text: "" };
  const end = () => {
    for (const sentence of paragraph.text.split(/(?<=[.!?:;])\s+(?=[A-Z`"[*])/)) {
      found.push({
        line: paragraph.line,
        words: sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length,
        sentence,
      });
    }
    paragraph = { line: 0, text: "" };
  };
  let code = false;
  page.split("\n").forEach((text, index) => {
    if (/^\s*```/.test(text)) code = !code;
    const skip = code || /^\s*```|^\s*$|^#|^<!--/.test(text);
    const starts = /^\s*([-*]|\d+\.)\s/.test(text);
    const cells = text.trimStart();
    if (skip || starts || cells.startsWith("|")) end();
    if (skip) return;
    if (cells.startsWith("|")) {
      for (const cell of cells.split(/(?<!\\)\|/)) {
        paragraph = { line: index + 1, text: cell.trim() };
        end();
      }
      return;
    }
    if (paragraph.text === "") paragraph.line = index + 1;
    paragraph.text += `${paragraph.text ? " " : ""}${text.replace(/^\s*([-*]|\d+\.)\s/, "").trim()}`;
  });
  end();
  return found.filter(({ words }) => words > 0);
}

/** What is wrong with one page. */
export function problems(name, page) {
  const found = sentences(page)
    .filter(({ words }) => words > MAX_WORDS)
    .map(({ line, words, sentence }) => `${name}:${line}: a sentence of ${words} words: ${sentence.slice(0, 60)}…`);
  const lines = page.split("\n").length - 1;
  if (lines > MAX_LINES && !page.includes("Generated from")) found.push(`${name}: ${lines} lines; split it`);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : ["README.md", "CONTRIBUTING.md", "docs/*.md"];
  const pages = execFileSync("git", ["ls-files", ...wanted], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
  const found = pages
    .filter((page) => existsSync(join(root, page)))
    .flatMap((page) => problems(page, readFileSync(join(root, page), "utf8")));
  for (const problem of found) console.error(problem);
  process.exit(found.length > 0 ? 1 : 0);
}
