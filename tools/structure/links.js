/** Refuses links between the project's Markdown pages, and mentions of pages in code, that lead nowhere. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The relative targets of a Markdown page, with the heading that they name. */
export function targets(page) {
  const prose = page.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(page) {
  const headings = page.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text]) =>
      text
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function problems(root) {
  const list = (pattern) =>
    execFileSync("git", ["ls-files", pattern], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
  const read = (file) => readFileSync(join(root, file), "utf8");
  const found = [];
  for (const page of list("*.md").filter((file) => existsSync(join(root, file)))) {
    for (const target of targets(read(page))) {
      const [path, anchor] = target.split("#");
      const file = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(root, file))) found.push(`${page}: ${target} does not exist`);
      else if (anchor && file.endsWith(".md") && !anchors(read(file)).has(anchor))
        found.push(`${page}: ${target} has no such heading`);
    }
  }
  const mentions = execFileSync(
    "git",
    [
      "grep",
      "-noE",
      "docs/[a-z/0-9-]+\\.md",
      "--",
      ".",
      ":!CHANGELOG.md",
      ":!contracts/released",
      ":!*.md",
      ":!tools/structure",
    ],
    { cwd: root, encoding: "utf8" },
  );
  for (const mention of mentions.split("\n").filter(Boolean)) {
    const [file, line, page] = mention.split(":");
    if (!existsSync(join(root, page))) found.push(`${file}:${line}: ${page} does not exist`);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = problems(fileURLToPath(new URL("../../", import.meta.url)));
  for (const problem of found) console.error(problem);
  process.exit(found.length > 0 ? 1 : 0);
}
