/** The typed client of `clients/typescript` in a page: signs up, asks and follows by the cookies of the browser. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { anAddress, base, browserOptions, click, PASSWORD, skip } from "./platform.js";

const entry = fileURLToPath(new URL("../../clients/typescript/dist/index.js", import.meta.url));
let browser;
before(async () => {
  if (!skip) browser = await chromium.launch(browserOptions);
});
after(() => browser?.close());

test("the client works in a browser", { skip, timeout: 60_000 }, async () => {
  const options = { bundle: true, write: false, platform: "browser", format: "iife", globalName: "curtail" };
  const [{ text }] = (await build({ ...options, entryPoints: [entry] })).outputFiles;
  // The policy of the page keeps scripts of others out, and this is one.
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await page.goto(`${base}/login`);
  await page.addScriptTag({ content: `${text}; window.curtail = curtail;` });
  const email = anAddress("page");
  const { seen, id, shortUrl } = await page.evaluate(
    async ([input, url]) => {
      const { accepted, createClient, graphql } = window.curtail;
      const client = createClient({ url });
      window.client = client;
      const Register = graphql(
        "mutation Register($input: RegisterInput!) { register(input: $input) { tokens { accessToken } userErrors { code } } }",
      );
      accepted((await client.mutate(Register, { input })).register, "tokens");
      const { viewer } = await client.query(graphql("query Who { viewer { email } }"));
      const Create = graphql(
        'mutation { createLink(input: {url: "https://example.org/page"}) { link { id shortUrl } userErrors { code } } }',
      );
      return { seen: viewer.email, ...accepted((await client.mutate(Create)).createLink, "link") };
    },
    [{ email, password: PASSWORD, fullName: "Page" }, `${base}/graphql`],
  );
  assert.equal(seen, email, "the cookies say who it is");
  const clicking = setInterval(() => click(shortUrl), 300);
  const clicked = await page.evaluate(async () => {
    const events = window.client.subscribe(
      window.curtail.graphql("subscription Clicks { clicks { nodes { linkId } } }"),
    );
    const { value } = await events.next();
    await events.return();
    return value.clicks.nodes[0].linkId;
  });
  clearInterval(clicking);
  assert.equal(clicked, id);
});
