/** The playground in a real browser, cut off from the network. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { base, browserOptions, click, skip } from "./platform.js";
import { NOTHING, watch } from "./watch.js";

let browser;
before(async () => {
  if (!skip) browser = await chromium.launch(browserOptions);
});
after(() => browser?.close());

test("it loads without an error and runs what is typed", { skip }, async () => {
  const page = await browser.newPage();
  const seen = await watch(page);

  // It asks for the schema first, once more without descriptions when refused; what is typed before would be lost.
  await page.goto(`${base}/playground`, { waitUntil: "networkidle" });
  const editor = page.locator(".graphiql-query-editor .CodeMirror");
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type("{ version __typename");
  await page.keyboard.press("Control+Enter");
  const result = page.locator(".graphiql-response .CodeMirror");
  await result.filter({ hasText: '"version"' }).waitFor();
  assert.match(await result.textContent(), /"__typename": "Query"/);

  // The dialogs add styles at run time, which the policy only lets pass with the nonce.
  await page.getByRole("button", { name: "Open short keys dialog" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForTimeout(200);

  // A subscription shows what happens as it happens.
  const answer = await page.evaluate(
    async ([email, password]) => {
      const send = async (query, variables) => {
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ query, variables });
        return (await fetch("/graphql", { method: "POST", headers, body })).json();
      };
      const register = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
      await send(register, { input: { email, password, fullName: "Playground" } });
      return send('mutation { createLink(input: {url: "https://example.org/watched"}) { link { id shortUrl } } }');
    },
    [`playground-${Date.now()}@example.org`, "correct horse battery staple 42"],
  );
  const { id, shortUrl } = answer.data.createLink.link;
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type("subscription { clicks { nodes { linkId");
  await page.keyboard.press("Control+Enter");
  const clicking = setInterval(() => click(shortUrl), 300);
  await result.filter({ hasText: `"linkId": "${id}"` }).waitFor();
  clearInterval(clicking);

  assert.deepEqual(seen, NOTHING, "no error, no violation of the policy, nothing from elsewhere");
  await page.close();
});
