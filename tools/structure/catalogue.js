/** Holds the pages of attacks and faults against the tests: each number in a test's name has a row, and each row of an attack has a test. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = { S: "docs/understand/attacks.md", F: "docs/understand/faults.md" };

/** The numbers in names of tests, as `S07`, of Rust and JavaScript. */
export function numbersOfTests(text) {
  const rust = [...text.matchAll(/\bfn ((?:[sf]\d\d_)+)/g)].flatMap(([, name]) => name.split("_"));
  const script = [...text.matchAll(/\btest\(\s*["'`]([sf]\d{1,2}) /g)].map(([, name]) => name);
  return new Set(
    [...rust, ...script].filter(Boolean).map((name) => name[0].toUpperCase() + name.slice(1).padStart(2, "0")),
  );
}

/** The numbers that begin a row of a table. */
export function numbersOfRows(page) {
  return new Set([...page.matchAll(/^\| ([SF]\d\d) \|/gm)].map(([, number]) => number));
}

/** What the pages and the tests say differently. */
export function problems(tests, rows) {
  const found = [];
  for (const number of tests) {
    if (!rows.has(number)) found.push(`${pages[number[0]]}: tests name ${number}, which has no row`);
  }
  for (const number of rows) {
    if (number[0] === "S" && !tests.has(number)) found.push(`${pages.S}: ${number} has no test`);
  }
  return found.sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const git = ["grep", "-hE", "(fn [sf][0-9]{2}_|test\\()", "--", "*.rs", "*.test.js"];
  const tests = numbersOfTests(execFileSync("git", git, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 }));
  const rows = numbersOfRows(
    Object.values(pages)
      .map((page) => readFileSync(`${root}/${page}`, "utf8"))
      .join("\n"),
  );
  const found = problems(tests, rows);
  for (const problem of found) console.error(problem);
  process.exit(found.length > 0 ? 1 : 0);
}
