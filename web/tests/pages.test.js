/** The pages that mails lead to, in a real browser: from the mail in the folder to what it is for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { linkIn, mailTo, skipMails } from "./mailbox.js";
import { anAddress, base, browserOptions, gql, PASSWORD, signUp, skip } from "./platform.js";
import { enter, field, signIn, signOut } from "./visitor.js";
import { NOTHING, watch } from "./watch.js";

let browser;
before(async () => {
  if (!skip) browser = await chromium.launch(browserOptions);
});
after(() => browser?.close());

/** A page of a browser that has never been here, and what must not happen in it. */
async function newcomer(options) {
  const page = await (await browser.newContext(options)).newPage();
  return { page, seen: await watch(page) };
}

/** Waits for a heading, which also has the focus: a screen reader reads it out. */
async function heading(page, name) {
  const found = page.getByRole("heading", { name, exact: true });
  await found.waitFor();
  assert.ok(await found.evaluate((element) => element === document.activeElement), `${name} has the focus`);
}

/** What the account says of itself. */
const viewer = async (token) => (await gql("{ viewer { emailVerified workspaces { name } } }", token)).data.viewer;

test("a new account proves its address by the link of the mail, and a look at it uses nothing up", {
  skip: skipMails,
}, async () => {
  const { page, seen } = await newcomer({ viewport: { width: 360, height: 640 }, colorScheme: "dark" });
  const email = anAddress("verify");
  await page.goto(base);
  await page.getByRole("button", { name: "Make an account" }).click();
  await heading(page, "Make an account");
  await field(page, "Name").fill("Ada Lovelace");
  await enter(page, email, "password");
  const password = field(page, "Password");
  await page.locator("#register-password-problem:not(:empty)").waitFor();
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  await password.fill(PASSWORD);
  await password.press("Enter");
  await heading(page, "Signed in");
  await page.getByText("As Ada Lovelace").waitFor();
  await page.getByText("not confirmed yet").waitFor();

  const link = linkIn(await mailTo(email, "email-verification"));
  for (const method of ["GET", "HEAD", "GET"]) assert.equal((await fetch(link, { method })).status, 200);
  await page.goto(link);
  await heading(page, "Confirm your address");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it fits on a phone");
  assert.equal(await field(page, "E-mail address").inputValue(), email, "who is signed in need not type it");
  await page.getByRole("button", { name: "Confirm address" }).click();
  await heading(page, "Address confirmed");
  assert.equal(page.url(), `${base}/verify`, "a used token is not in the history");
  await page.getByRole("link", { name: "Go on" }).click();
  await heading(page, "Signed in");
  assert.equal(await page.getByText("not confirmed yet").isVisible(), false);
  const token = (
    await gql("mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }", null, {
      input: { email, password: PASSWORD },
    })
  ).data.login.tokens.accessToken;
  assert.equal((await viewer(token)).emailVerified, true);

  await page.goto(link);
  await page.getByRole("button", { name: "Confirm address" }).click();
  await page.getByRole("alert").filter({ hasText: "link" }).first().waitFor();
  await field(page, "E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the mail" }).click();
  await heading(page, "Check your mailbox");
  assert.deepEqual(seen, NOTHING);
  await page.context().close();
});

test("a forgotten password is set again", { skip: skipMails }, async () => {
  const { page, seen } = await newcomer();
  const email = anAddress("reset");
  await signUp("Reset", email);
  await page.goto(`${base}/login`);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await heading(page, "Set a new password");
  await field(page, "E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the mail" }).click();
  await heading(page, "Check your mailbox");

  const link = linkIn(await mailTo(email, "password-reset"));
  await page.goto(link);
  await heading(page, "Set a new password");
  const [first, second] = [field(page, "New password"), field(page, "The same once more")];
  const send = async (one, other) => {
    await first.fill(one);
    await second.fill(other);
    await page.getByRole("button", { name: "Set password" }).click();
  };
  await send("password", "passwort");
  await page.getByText("The two passwords differ.").waitFor();
  assert.ok(await second.evaluate((field) => field === document.activeElement));
  await send("password", "password");
  await page.locator("#set-newPassword-problem:not(:empty)").waitFor();
  assert.ok(await first.evaluate((field) => field === document.activeElement));
  assert.equal(await page.getByText("The two passwords differ.").isVisible(), false);
  const fresh = "seven violet trains hum 9";
  await send(fresh, fresh);
  await heading(page, "Password set");
  await page.getByRole("link", { name: "Sign in" }).click();
  await enter(page, email);
  await page.getByRole("alert").filter({ hasText: "password" }).first().waitFor();
  await enter(page, email, fresh);
  await heading(page, "Signed in");
  await page.reload();
  await heading(page, "Signed in");
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.reload();
  await heading(page, "Sign in");
  assert.deepEqual(seen, NOTHING);
  await page.context().close();
});

test("an invited stranger makes an account and joins, and no one else does", { skip: skipMails }, async () => {
  const { page, seen } = await newcomer();
  const [owner, guest] = [anAddress("owner"), anAddress("guest")];
  const token = await signUp("Owner", owner);
  const name = "<img src=x onerror=alert(1)> & Co.";
  const create = "mutation($name: String!) { createWorkspace(name: $name) { workspace { id } } }";
  const { workspace } = (await gql(create, token, { name })).data.createWorkspace;
  const invite = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { userErrors { code } } }";
  await gql(invite, token, { input: { workspaceId: workspace.id, email: guest, role: "EDITOR" } });
  const link = linkIn(await mailTo(guest, "invitation"));

  // The wrong account first.
  await page.goto(link);
  await heading(page, "Join the workspace");
  await page.getByRole("link", { name: "Sign in or register" }).click();
  await enter(page, owner);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("alert").filter({ hasText: "for another address" }).waitFor();
  await page.getByRole("button", { name: "Use another account" }).click();

  await heading(page, "Sign in");
  await page.getByRole("button", { name: "Make an account" }).click();
  await field(page, "Name").fill("Guest");
  await enter(page, guest);
  await page.getByText(`You are signed in as ${guest}.`).waitFor();
  assert.equal(page.url(), link, "back where it began");
  await page.getByRole("button", { name: "Join" }).click();
  await heading(page, "Welcome");
  await page.getByText(`You are now in the workspace ${name} as editor.`).waitFor();
  const members = `{ workspace(id: "${workspace.id}") { members { user { email } role } } }`;
  assert.deepEqual((await gql(members, token)).data.workspace.members[1], { user: { email: guest }, role: "EDITOR" });
  assert.deepEqual(seen, NOTHING);
  await page.context().close();
});

test("s5 signing in leads to pages of our own and nowhere else", { skip }, async () => {
  const { page, seen } = await newcomer();
  const email = anAddress("next");
  await signUp("Next", email);
  for (const next of ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)"]) {
    await page.goto(`${base}/login?next=${encodeURIComponent(next)}`);
    await enter(page, email);
    await heading(page, "Signed in");
    assert.equal(await page.getByRole("link", { name: "Go on" }).isVisible(), false, next);
    assert.ok(page.url().startsWith(`${base}/login?`));
    await signOut(page);
  }
  await page.goto(`${base}/login?next=%2Freset`);
  await enter(page, email);
  await page.waitForURL(`${base}/reset`);
  await page.goto(`${base}/login?next=%2Freset`);
  assert.equal(await page.getByRole("link", { name: "Go on" }).getAttribute("href"), `${base}/reset`);
  assert.deepEqual(seen, NOTHING);
  await page.context().close();
});

test("a session outlives its access token", { skip }, async () => {
  const { page } = await newcomer();
  const [context, email] = [page.context(), anAddress("session")];
  await signUp("Session", email);
  await signIn(page, email);
  const access = (await context.cookies()).find((cookie) => cookie.name.endsWith("curtail_access"));
  await context.clearCookies({ name: access.name });
  await page.reload();
  await heading(page, "Signed in");
  await context.addCookies([{ ...access, value: "v4.public.spoiled" }]);
  await page.reload();
  await heading(page, "Signed in");
  await context.clearCookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await context.close();
});

test("what cannot be reached is said, and no token leaves with a link", { skip }, async () => {
  const { page } = await newcomer();
  const referrers = [];
  page.on("request", (request) => referrers.push(request.headers().referer));
  await page.goto(`${base}/reset?token=secret`);
  await page.getByRole("link", { name: "The link is too old?" }).click();
  await heading(page, "Set a new password");
  assert.ok(referrers.length > 8 && referrers.every((referrer) => !referrer), String(referrers));
  await page.context().setOffline(true);
  await field(page, "E-mail address").fill("ada@example.org");
  await page.getByRole("button", { name: "Send the mail" }).click();
  await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
  assert.ok(await page.getByRole("button", { name: "Send the mail" }).isEnabled());
  await page.context().close();
});
