/** G6: the policy that each page really sends, judged by npm csp_evaluator, and the headers beside it. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { CspEvaluator } from "csp_evaluator";
import { Version } from "csp_evaluator/dist/csp.js";
import { Severity } from "csp_evaluator/dist/finding.js";
import { CspParser } from "csp_evaluator/dist/parser.js";
import { base, gql, signUp, skip, until } from "./platform.js";

const DATA = { method: "POST", headers: { "content-type": "application/json" } };
const OURS = [
  ["/", 303],
  ["/login", 200],
  ["/verify?token=x", 200],
  ["/reset", 200],
  ["/invite?token=x", 200],
  ["/playground", 200],
  ["/unsubscribe?token=x", 404],
  ["/assets/pages/login.js", 200],
  ["/assets/pages/pages.css", 200],
  ["/assets/nothing", 404],
  ["/nothing", 404],
  ["/graphql?query={version}", 200],
  ["/graphql?query={", 200],
  ["/graphql", 405, { method: "DELETE" }],
  ["/graphql", 405, { method: "OPTIONS" }],
  ["/login", 405, { method: "POST" }],
  ["/graphql?query={version}", 401, { headers: { authorization: "Bearer nonsense" } }],
  ["/graphql", 403, { ...DATA, body: "{}", headers: { ...DATA.headers, origin: "https://evil.example" } }],
  ["/graphql?query={version}", 406, { headers: { accept: "text/csv" } }],
  ["/graphql", 413, { ...DATA, body: "x".repeat(256 * 1024 + 1) }],
  ["/graphql", 415, { method: "POST", body: "{}" }],
  ["/graphql", 431, { headers: { "x-long": "x".repeat(16 * 1024) } }],
];
/** Pages of the redirector, below the address of its short links. */
let theirs = [];
before(async () => {
  if (skip) return;
  const token = await signUp("headers");
  const create = (input) =>
    gql("mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id shortUrl } } }", token, { input });
  const { shortUrl } = (await create({ url: "https://example.org/headers" })).data.createLink.link;
  const gone = (await create({ url: "https://example.org/gone" })).data.createLink.link;
  await gql("mutation($id: ID!) { deleteLink(id: $id) { userErrors { code } } }", token, { id: gone.id });
  await until(async () => (await fetch(gone.shortUrl, { redirect: "manual" })).status === 410, "the link is gone");
  const later = await create({ url: "https://example.org/later", startsAt: new Date(Date.now() + 3_600_000) });
  const origin = new URL(shortUrl).origin;
  theirs = [
    [`${origin}/nothing-is-here`, 404],
    [later.data.createLink.link.shortUrl, 404],
    [gone.shortUrl, 410],
    [shortUrl, 405, { method: "POST" }],
    [`${origin}/page.css`, 200],
    [`${origin}/favicon.ico`, 200],
    [`${origin}/robots.txt`, 200],
  ];
});

/** What csp_evaluator says of a policy beside remarks, as `SEVERITY directive value`. */
function findings(policy) {
  const found = new CspEvaluator(new CspParser(policy).csp, Version.CSP3).evaluate();
  const grave = found.filter(({ severity }) => severity < Severity.INFO);
  return grave.map(({ severity, directive, value }) => `${Severity[severity]} ${directive} ${value ?? ""}`.trim());
}

test("csp_evaluator sees what is wrong with a policy", { skip }, () => {
  assert.ok(findings("script-src 'unsafe-inline' *").some((finding) => finding.startsWith("HIGH ")));
  assert.ok(
    findings("default-src 'self'; base-uri 'none'; object-src 'none'; script-src ajax.googleapis.com").length > 0,
  );
});

test("no policy has a finding of high or medium severity", { skip }, async () => {
  for (const [path, status, options] of [...OURS, ...theirs]) {
    const response = await fetch(new URL(path, base), { redirect: "manual", ...options });
    await response.arrayBuffer();
    assert.equal(response.status, status, `${options?.method ?? "GET"} ${path}`);
    const policy = response.headers.get("content-security-policy");
    assert.ok(policy, `${path} has a policy`);
    // What it cannot know: that nothing of this origin is a script but what `/assets` has. The next test does.
    const page = /script-src 'self'/.test(policy) ? ["MEDIUM_MAYBE script-src 'self'"] : [];
    assert.deepEqual(findings(policy), page, `${path}: ${policy}`);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
    for (const directive of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      assert.ok(policy.includes(directive), `${path}: ${directive}`);
    }
  }
});

test("every answer of the gateway has the other headers, and only assets are scripts", { skip }, async () => {
  const expected = {
    "x-content-type-options": /^nosniff$/,
    "x-frame-options": /^DENY$/,
    "referrer-policy": /^no-referrer$/,
    "cross-origin-resource-policy": /^same-origin$/,
    "cross-origin-opener-policy": /^same-origin$/,
    "permissions-policy": /camera=\(\)/,
    "cache-control": /^(no-store|public, no-cache)$/,
    vary: /Accept.*Authorization.*Cookie.*Origin.*Sec-Fetch-Site/,
    "x-request-id": /^[0-9a-f]{32}$/,
  };
  for (const [path, , options] of OURS) {
    const response = await fetch(base + path, { redirect: "manual", ...options });
    await response.arrayBuffer();
    for (const [name, value] of Object.entries(expected)) {
      assert.match(response.headers.get(name) ?? "", value, `${name} of ${options?.method ?? "GET"} ${path}`);
    }
    const isScript = /javascript|ecmascript/.test(response.headers.get("content-type") ?? "");
    assert.equal(isScript, /^\/assets\/.*\.js$/.test(path), path);
    assert.equal(response.headers.get("access-control-allow-origin"), null, path);
  }
});
