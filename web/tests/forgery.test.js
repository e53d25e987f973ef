/** S20 and framing: what a page of another origin can make a browser do with someone's session. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { anAddress, base, browserOptions, PASSWORD, signUp, skip } from "./platform.js";

const CREATE = 'mutation { createLink(input: {url: "https://example.org/forged"}) { link { id } } }';
const LOGOUT = "mutation{logout{__typename}}";
let browser;
let foreign;
/** Someone's browser: a page of ours in which they are signed in, and a page of another origin beside it. */
let own;
let evil;
let email;
before(async () => {
  if (skip) return;
  browser = await chromium.launch(browserOptions);
  foreign = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>another origin</title>");
  });
  await new Promise((resolve) => foreign.listen(0, "127.0.0.1", resolve));
  const context = await browser.newContext();
  own = await context.newPage();
  await own.goto(`${base}/playground`);
  email = anAddress("browser");
  const register = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code message } } }";
  const made = await own.evaluate(send, [register, { input: { email, password: PASSWORD, fullName: "Browser" } }]);
  assert.deepEqual(made.data?.register.userErrors, [], JSON.stringify(made));
  evil = await context.newPage();
});
after(async () => {
  await browser?.close();
  foreign?.close();
});

/** Runs in a page of ours: sends an operation as such a page does. */
async function send([query, variables]) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query, variables });
  return (await fetch("/graphql", { method: "POST", headers, body })).json();
}

/** Brings the other page back to its own origin. */
const atHome = () => evil.goto(`http://127.0.0.1:${foreign.address().port}/`);

/** The session is who it was, and nothing was made in its name. */
async function nothingHappened() {
  const { data } = await own.evaluate(send, ["{ links(first: 10) { edges { node { url } } } viewer { email } }"]);
  assert.deepEqual(data.links.edges, [], "nothing was changed");
  assert.equal(data.viewer.email, email, "the session is still there");
}

/** Submits a form with one field from the other page; gives the text of where the browser ends. */
async function submit(method, encoding, name, value) {
  await atHome();
  await evil.evaluate(
    ([action, method, encoding, name, value]) => {
      const form = Object.assign(document.createElement("form"), { method, enctype: encoding, action });
      form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(form);
      form.submit();
    },
    [`${base}/graphql`, method, encoding, name, value],
  );
  await evil.waitForURL(`${base}/graphql**`);
  return evil.locator("body").textContent();
}

test("s20 the cookies of a session are out of reach of scripts and of other sites", { skip }, async () => {
  const cookies = await own.context().cookies();
  assert.ok(cookies.length >= 2 && cookies.every((c) => c.httpOnly && c.sameSite === "Lax" && c.path === "/"));
  assert.equal(await own.evaluate(() => document.cookie), "");
  await nothingHappened();
});

test("s20 a script of another origin can neither read nor change", { skip }, async () => {
  await atHome();
  const outcomes = await evil.evaluate(
    async ([url, query]) => {
      const read = (promise) => promise.then((answer) => answer.text()).catch(() => "");
      const tries = [];
      for (const type of [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
      ]) {
        for (const mode of ["cors", "no-cors"]) {
          const headers = { "content-type": type };
          const body = JSON.stringify({ query });
          tries.push(read(fetch(url, { method: "POST", mode, credentials: "include", headers, body })));
        }
      }
      for (const asked of ["{viewer{email}}", query]) {
        const address = `${url}?query=${encodeURIComponent(asked)}`;
        tries.push(read(fetch(address, { credentials: "include" })));
        const script = Object.assign(document.createElement("script"), { src: address });
        document.head.append(script);
        tries.push(
          new Promise((resolve) => ["load", "error"].map((on) => script.addEventListener(on, () => resolve("")))),
        );
      }
      navigator.sendBeacon(url, JSON.stringify({ query }));
      return Promise.all(tries);
    },
    [`${base}/graphql`, CREATE],
  );
  assert.equal(outcomes.length, 12);
  assert.ok(!outcomes.some((text) => text.includes(email) || text.includes('"id"')), "nothing can be read");
  await nothingHappened();
});

// A form is the one way to a POST with cookies and without a preflight: top-level, and refused.
for (const encoding of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
  test(`s20 a form as ${encoding} does nothing`, { skip }, async () => {
    // As text/plain it would be JSON: the name, "=", the value.
    const asJson = [`{"query":"${LOGOUT}","a":"`, '"}'];
    for (const [name, value] of [asJson, ["query", LOGOUT]]) {
      assert.match(await submit("post", encoding, name, value), /UNSUPPORTED_MEDIA_TYPE/);
    }
    await nothingHappened();
  });
}

test("s20 a form by GET, which takes the cookies along, neither changes nor answers by them", { skip }, async () => {
  assert.match(await submit("get", "", "query", LOGOUT), /METHOD_NOT_ALLOWED/);
  assert.equal(await submit("get", "", "query", "{viewer{email}}"), '{"data":{"viewer":null}}');
  await nothingHappened();
});

test("s20 a page of another origin opens no socket and no event stream", { skip }, async () => {
  await atHome();
  const [socket, events] = await evil.evaluate((url) => {
    const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
    const stream = new EventSource(`${url}?query=${encodeURIComponent("subscription{clicks{skipped}}")}`, {
      withCredentials: true,
    });
    const opened = (source) =>
      new Promise((resolve) => {
        source.onopen = () => resolve("open");
        source.onerror = () => resolve("refused");
      });
    return Promise.all([opened(socket), opened(stream)]);
  }, `${base}/graphql`);
  assert.deepEqual([socket, events], ["refused", "refused"]);
  const ours = await own.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      }),
    `${base}/graphql`,
  );
  assert.equal(ours, "open", "one of ours does");
});

test("s20 a page of another origin cannot sign a user in to its own account", { skip }, async () => {
  const mallory = anAddress("mallory");
  await signUp("mallory", mallory);
  const login = `mutation { login(input: {email: \\"${mallory}\\", password: \\"${PASSWORD}\\"}) { userErrors { code } } }`;
  await submit("post", "text/plain", `{"query":"${login}","a":"`, '"}');
  await atHome();
  await evil.evaluate(
    ([url, body]) =>
      Promise.allSettled(
        ["application/json", "text/plain"].flatMap((type) =>
          ["cors", "no-cors"].map((mode) =>
            fetch(url, { method: "POST", mode, credentials: "include", headers: { "content-type": type }, body }),
          ),
        ),
      ),
    [`${base}/graphql`, `{"query":"${login}"}`],
  );
  await nothingHappened();
  // The same from a page of ours would have worked.
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${base}/login`);
  await other.evaluate(send, [login.replaceAll('\\"', '"')]);
  const { data } = await other.evaluate(send, ["{ viewer { email } }"]);
  assert.equal(data.viewer.email, mallory);
  await other.context().close();
});

test("s20 no page of ours can be framed", { skip }, async () => {
  for (const path of ["/playground", "/login", "/verify", "/reset", "/invite", "/unsubscribe"]) {
    await atHome();
    await evil.evaluate(async (url) => {
      const frame = Object.assign(document.createElement("iframe"), { src: url });
      document.body.append(frame);
      await new Promise((resolve) => frame.addEventListener("load", resolve));
    }, base + path);
    const shown = evil.frames().find((frame) => frame.url().startsWith(base));
    assert.equal(shown, undefined, path);
  }
});
