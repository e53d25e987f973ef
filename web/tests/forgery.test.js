/** S20 and framing: what a page of another origin can make a browser do with somebody's session. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { base, browserOptions, skip } from "./platform.js";

const PASSWORD = "correct horse battery staple 42";
let browser;
let foreign;
before(async () => {
  if (skip) return;
  browser = await chromium.launch(browserOptions);
  foreign = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>another origin</title>");
  });
  await new Promise((resolve) => foreign.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  await browser?.close();
  foreign?.close();
});

/** Runs in the page: sends an operation from one of our own pages. */
const send = async ([query, variables]) => {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query, variables });
  return (await fetch("/graphql", { method: "POST", headers, body })).json();
};

test("s20 another origin can neither read, nor change, nor sign in, nor frame", { skip }, async () => {
  const context = await browser.newContext();
  const own = await context.newPage();
  await own.goto(`${base}/playground`);
  const email = `browser-${Date.now()}@example.org`;
  const register = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code message } } }";
  const made = await own.evaluate(send, [register, { input: { email, password: PASSWORD, fullName: "Browser" } }]);
  assert.deepEqual(made.data?.register.userErrors, [], JSON.stringify(made));
  const cookies = await context.cookies();
  assert.ok(cookies.length >= 2 && cookies.every((c) => c.httpOnly && c.sameSite === "Lax" && c.path === "/"));
  const viewer = await own.evaluate(send, ["{ viewer { email } }"]);
  assert.equal(viewer.data.viewer.email, email);
  assert.equal(await own.evaluate(() => document.cookie), "", "scripts do not see the cookies");

  const evil = await context.newPage();
  await evil.goto(`http://127.0.0.1:${foreign.address().port}/`);
  const mutation = 'mutation { createLink(input: {url: "https://example.org/forged"}) { link { id } } }';
  const outcomes = await evil.evaluate(
    async ([url, query]) => {
      const tries = [];
      for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
        for (const mode of ["cors", "no-cors"]) {
          const options = { method: "POST", mode, credentials: "include", headers: { "content-type": type } };
          const body = JSON.stringify({ query });
          tries.push(
            fetch(url, { ...options, body }).then(
              (r) => r.text(),
              () => "",
            ),
          );
        }
      }
      tries.push(
        fetch(`${url}?query={viewer{email}}`, { credentials: "include" }).then(
          (r) => r.text(),
          () => "",
        ),
      );
      return Promise.all(tries);
    },
    [`${base}/graphql`, mutation],
  );
  assert.ok(
    outcomes.every((text) => !text.includes(email) && !text.includes('"id"')),
    "nothing can be read",
  );
  // A form is the one way to a POST with cookies and without a preflight: top-level, and refused.
  await evil.evaluate((url) => {
    document.body.innerHTML = `<form method="post" enctype="text/plain" action="${url}"><input name='{"query":"mutation{logout{__typename}}","a":"' value='"}'></form>`;
    document.querySelector("form").submit();
  }, `${base}/graphql`);
  await evil.waitForURL(`${base}/graphql`);
  assert.match(await evil.locator("body").textContent(), /UNSUPPORTED_MEDIA_TYPE/);

  const links = await own.evaluate(send, ["{ links(first: 10) { edges { node { url } } } viewer { email } }"]);
  assert.deepEqual(links.data.links.edges, [], "nothing was changed");
  assert.equal(links.data.viewer.email, email, "the session is still there");

  await evil.goto(`http://127.0.0.1:${foreign.address().port}/`);
  const framed = await evil.evaluate(async (url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener("load", resolve));
    return frame.contentDocument === null && frame.contentWindow.length === 0;
  }, `${base}/playground`);
  assert.ok(framed);
  const shown = evil.frames().find((frame) => frame.url().startsWith(`${base}/playground`));
  assert.equal(shown, undefined, "the page can not be framed");
  await context.close();
});
