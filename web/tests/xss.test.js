/** S25: hostile text in every field, and no script of it runs in any page, mail or answer. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { CORPUS } from "./corpus.js";
import { packed, plant } from "./hostile.js";
import { linkIn, mailsTo, mailTo, skipMails } from "./mailbox.js";
import { anAddress, base, browserOptions, gql, signUp, until } from "./platform.js";
import { signIn, signOut } from "./visitor.js";
import { watch } from "./watch.js";

const options = { skip: skipMails };
let browser;
let world;
before(async () => {
  if (skipMails) return;
  browser = await chromium.launch(browserOptions);
  world = await plant();
});
after(() => browser?.close());

/** A page, and a check that nothing of the corpus ran in it and that its policy had nothing to stop. */
async function trap() {
  const page = await (await browser.newContext()).newPage();
  const seen = await watch(page);
  const clean = async (where) => {
    // What is set off by the content is done when the next frame has been drawn.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.equal(await page.evaluate(() => window.canary), undefined, where);
    assert.deepEqual([seen.dialogs, seen.violations], [[], []], where);
  };
  return { page, seen, clean };
}

test("the trap closes on a page that takes the corpus for markup", options, async () => {
  const { page, seen } = await trap();
  for (const text of CORPUS.slice(0, 4)) await page.setContent(`<p title="">${text}`);
  assert.equal(await page.evaluate(() => window.canary), 1);
  assert.equal(seen.dialogs.length, 4);
  await page.context().close();
});

const PAGES = ["/verify?token=", "/reset?token=", "/invite?token=", "/login?x="];

const QUERIES = [
  "{ links(first: 50) { nodes { title description notes url externalId tags { name } creator { fullName } } } }",
  `{ viewer { fullName sessions { userAgent } auditLog(first: 50) { nodes { before after } }
     workspaces { name apiKeys { name } webhooks { description } } } }`,
  '{ search(text: "script", first: 50) { nodes { title description notes } } }',
  `{ analytics(input: {from: "FROM", until: "UNTIL", top: 50, breakdowns: [REFERRER, UTM_SOURCE, UTM_MEDIUM,
     UTM_CAMPAIGN, UTM_TERM, UTM_CONTENT, BROWSER, LANGUAGE]}) { breakdowns { rows { value } } } }`,
];

/** The queries, with a range around now. */
function queries() {
  const at = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  return QUERIES.map((query) => query.replace("FROM", at(-1)).replace("UNTIL", at(1)));
}

/** Waits until the last visit is counted. */
function counted() {
  const query = `{ link(id: "${world.links.at(-1).id}") { totals { clicks } } }`;
  return until(async () => (await gql(query, world.token)).data.link.totals.clicks === 1, "the clicks are counted");
}

test("s25 nothing runs in the playground", options, async () => {
  const { page, clean } = await trap();
  await signIn(page, world.email);
  await counted();
  await page.goto(`${base}/playground`, { waitUntil: "networkidle" });
  const result = page.locator(".graphiql-response .CodeMirror");
  for (const [i, query] of queries().entries()) {
    // The playground asks for the schema in between.
    const answered = page.waitForResponse((response) => response.request().postDataJSON()?.query === query);
    await page.evaluate((text) => {
      document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.setValue(text);
    }, query);
    await page.locator(".graphiql-execute-button").click();
    const { data, errors } = await (await answered).json();
    assert.equal(errors, undefined, query);
    // The whole answer, not only what fits on the screen.
    await result.evaluate((element) => element.CodeMirror.setOption("viewportMargin", Infinity));
    await result.filter({ hasText: Object.keys(data)[0] }).waitFor();
    assert.match(await result.textContent(), /alert\(canary=1\)/, query);
    await clean(`query ${i}`);
  }
  await page.context().close();
});

test("s25 nothing runs in the pages of accounts, whatever their addresses say", options, async () => {
  const { page, seen, clean } = await trap();
  const heading = page.locator("main > :not([hidden]) :is(h1, h2)").first();
  for (const path of packed(1000).flatMap((text) => PAGES.map((page) => page + encodeURIComponent(text)))) {
    await page.goto(base + path);
    await heading.waitFor();
    await clean(path);
  }
  await signIn(page, world.email);
  for (const next of CORPUS.flatMap((text) => [text, `/${text}`])) {
    await page.goto(`${base}/login?next=${encodeURIComponent(next)}#${next}`);
    await heading.waitFor();
    const target = new URL(await page.locator("#go-on a").evaluate((link) => link.href));
    assert.equal(target.origin, base, next);
    await clean(next);
  }
  await signOut(page);
  await page.goto(`${base}/verify?token=${encodeURIComponent(CORPUS[0])}`);
  await page.getByRole("button", { name: "Confirm address" }).click();
  await page.getByRole("alert").filter({ hasText: "not valid" }).waitFor();
  for (const name of packed(200)) {
    const email = anAddress("named");
    await signUp("named", email, name);
    await signIn(page, email);
    await page.getByText(`As ${name}`).waitFor();
    await clean(name);
    await signOut(page);
  }
  assert.deepEqual(seen.foreign, []);
  await page.context().close();
});

test("s25 nothing runs in any mail", options, async () => {
  const { page, clean } = await trap();
  const addresses = [world.email, ...packed(200).map((_, i) => `invited-${i}-${world.email}`)];
  for (const kind of ["password-reset", "api-key-created", "new-device"]) await mailTo(world.email, kind);
  for (const address of addresses.slice(1)) await mailTo(address, "invitation");
  const told = async () => (await mailsTo(world.email)).filter((mail) => mail.kind === "link-created");
  await until(async () => (await told()).length === CORPUS.length, "a mail for each link");
  const mails = (await Promise.all(addresses.map(mailsTo))).flat();
  for (const mail of mails) {
    await page.setContent(mail.html);
    await clean(`${mail.kind}: ${mail.subject}`);
  }
  assert.ok(mails.filter((mail) => mail.html.includes("&lt;script&gt;")).length > 5, "the names were in them");

  const invitation = mails.find((mail) => mail.kind === "invitation");
  assert.ok(linkIn(invitation).startsWith(`${base}/invite?token=`));
  await page.setContent(invitation.html);
  await page.goto(await page.getByRole("link", { name: "Stop mails of this kind" }).getAttribute("href"));
  await page.getByRole("button", { name: "Stop these mails" }).click();
  await page.getByRole("heading", { name: "Unsubscribed" }).waitFor();
  await clean("unsubscribed");
  await page.context().close();
});

test("s25 nothing runs in answers to hostile addresses", options, async () => {
  const { page, clean } = await trap();
  const short = new URL(world.links[0].shortUrl).origin;
  for (const text of CORPUS) {
    const hostile = encodeURIComponent(text);
    const addresses = [`${base}/unsubscribe?token=${hostile}`, `${base}/${hostile}`, `${base}/assets/${hostile}`];
    for (const address of [...addresses, `${base}/graphql?query=${hostile}`, `${short}/x${hostile}`]) {
      await page.goto(address);
      await clean(address);
    }
  }
  for (const { shortUrl } of world.links) {
    const redirect = await fetch(shortUrl, { redirect: "manual", headers: { accept: "text/html" } });
    assert.equal(await redirect.text(), "", "a redirect has no body that could be a page");
  }
  await page.context().close();
});

test("s25 data is never HTML, neither for a browser nor by its headers", options, async () => {
  const { page, clean } = await trap();
  await signIn(page, world.email);
  for (const query of queries()) {
    const answer = await page.goto(`${base}/graphql?query=${encodeURIComponent(query)}`);
    assert.match(await answer.text(), /alert\(canary=1\)/);
    isData(answer.headers());
    await clean(query);
  }
  const short = new URL(world.links[0].shortUrl).origin;
  const day = new Date().toISOString().slice(0, 10);
  const range = `from=${day}T00:00:00Z&until=${day}T23:59:59Z&dimension=UTM_SOURCE`;
  for (const [url, headers] of [
    [`${base}/graphql`, {}],
    [`${base}/graphql?query=%3Cscript%3E`, { accept: "text/html" }],
    [`${base}/<script>`, { accept: "text/html" }],
    [`${base}/v1/analytics/breakdown.csv?${range}`, { authorization: `Bearer ${world.token}`, accept: "text/html" }],
    [`${base}/v1/analytics/<script>`, { authorization: `Bearer ${world.token}`, accept: "text/html" }],
    [`${short}/x<script>`, { accept: "application/json" }],
  ]) {
    isData(Object.fromEntries((await fetch(url, { headers })).headers));
  }
  await page.context().close();
});

function isData(headers) {
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.match(headers["content-type"], /^(application\/([a-z-]+\+)?json|text\/csv)(;|$)/);
}
