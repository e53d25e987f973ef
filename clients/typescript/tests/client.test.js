/** The client against a platform that is up: signing up, a link, errors with their codes, clicks as they happen. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { anAddress, base, click, PASSWORD, skip } from "../../../web/tests/platform.js";
import { accepted, CODES, CurtailError, createClient, graphql, Refused } from "../dist/index.js";

const url = `${base}/graphql`;
const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) { tokens { accessToken } userErrors { field code message } }
  }
`);
const CreateLink = graphql(`
  mutation CreateLink($input: CreateLinkInput!) {
    createLink(input: $input) { link { id shortUrl title } userErrors { field code message suggestions } }
  }
`);
const GetLink = graphql("query GetLink($id: ID!) { link(id: $id) { id url totals { clicks } } }");
const Clicks = graphql("subscription Clicks($link: ID) { clicks(linkId: $link) { nodes { linkId browser } skipped } }");

const anybody = createClient({ url });
let token;
let ann;
before(async () => {
  if (skip) return;
  const input = { email: anAddress("client"), password: PASSWORD, fullName: "Ann" };
  token = accepted((await anybody.mutate(Register, { input })).register, "tokens").accessToken;
  ann = createClient({ url, token: () => Promise.resolve(token), webSocket: WebSocket });
});
after(() => ann?.close());

/** The error that `promise` fails with. */
function failure(promise) {
  return promise.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
}

test("a link is made and read back", { skip }, async () => {
  const input = { url: "https://example.org/typed", title: "Typed" };
  const made = accepted((await ann.mutate(CreateLink, { input })).createLink, "link");
  assert.equal(made.title, "Typed");
  const { link } = await ann.query(GetLink, { id: made.id });
  assert.deepEqual(link, { id: made.id, url: "https://example.org/typed", totals: { clicks: 0 } });
});

test("what a program has to expect is data", { skip }, async () => {
  const { createLink } = await ann.mutate(CreateLink, { input: { url: "javascript:alert(1)" } });
  assert.equal(createLink.link, null);
  assert.throws(
    () => accepted(createLink, "link"),
    (error) => error instanceof Refused && error.userErrors[0].field === "url" && error.message.length > 0,
  );
});

test("everything else is an error with a code of the list and the request's id", { skip }, async () => {
  const refused = await failure(anybody.query(graphql("{ links(first: 10) { nodes { id } } }")));
  assert.ok(refused instanceof CurtailError);
  assert.deepEqual([refused.code, refused.errors.length], ["UNAUTHENTICATED", 1]);
  assert.match(refused.requestId, /^[0-9a-f]{32}$/);

  const large = await failure(ann.query(graphql("{ links(first: 101) { nodes { id } } }")));
  assert.deepEqual([large.code, large.limit, large.status], ["PAGE_TOO_LARGE", 100, 400]);

  const wrong = await failure(createClient({ url, apiKey: "ck_live_nonsense" }).query(graphql("{ version }")));
  assert.deepEqual([wrong.code, wrong.status], ["UNAUTHENTICATED", 401]);
  assert.ok(CODES.includes(wrong.code));
});

test("a response that is not the API's is an error of its own", { skip }, async () => {
  const html = async () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "retry-after": "7" } });
  const away = await failure(createClient({ url, fetch: html }).query(graphql("{ version }")));
  assert.deepEqual([away.code, away.status, away.retryAfter], ["NO_ANSWER", 502, 7]);
  const silent = await failure(createClient({ url: "http://127.0.0.1:9/graphql" }).query(graphql("{ version }")));
  assert.deepEqual([silent.code, silent.status], ["NO_ANSWER", undefined]);
});

test("an aborted request reports the abort, also in the middle of a response", { skip }, async () => {
  const version = graphql("{ version }");
  const gone = await failure(anybody.query(version, {}, { signal: AbortSignal.abort() }));
  assert.equal(gone.name, "AbortError");
  const half = async (_, { signal }) => {
    const body = new ReadableStream({
      start(answer) {
        answer.enqueue(new TextEncoder().encode('{"data":'));
        signal.addEventListener("abort", () => answer.error(signal.reason));
      },
    });
    return new Response(body);
  };
  // The timers of signals do not keep Node running.
  const alive = setInterval(() => {}, 1000);
  const patient = createClient({ url, fetch: half });
  const late = await failure(patient.query(version, {}, { signal: AbortSignal.timeout(50) }));
  assert.equal(late.name, "TimeoutError");
  const slow = await failure(createClient({ url, fetch: half, timeoutMs: 50 }).query(version));
  clearInterval(alive);
  assert.deepEqual([slow.name, slow.code], ["CurtailError", "NO_ANSWER"]);
});

test("a click is seen by who follows the link", { skip, timeout: 60_000 }, async () => {
  const input = { url: "https://example.org/followed" };
  const { id, shortUrl } = accepted((await ann.mutate(CreateLink, { input })).createLink, "link");
  const events = ann.subscribe(Clicks, { link: id });
  // The first click also waits for the subscription to begin.
  const clicking = setInterval(() => click(shortUrl), 300);
  const { value } = await events.next();
  clearInterval(clicking);
  assert.deepEqual(value.clicks.nodes[0], { linkId: id, browser: "Firefox" });
  await events.return();
});

test("a subscription that is refused says so", { skip }, async () => {
  const wrong = createClient({ url, token: "nonsense", webSocket: WebSocket });
  assert.equal((await failure(wrong.subscribe(Clicks).next())).code, "UNAUTHENTICATED");
  const two = graphql("subscription { a: clicks { skipped } b: clicks { skipped } }");
  const refused = await failure(ann.subscribe(two).next());
  assert.equal(refused.code, "GRAPHQL_VALIDATION_FAILED");
  assert.match(refused.requestId, /^[0-9a-f]{32}$/);
});
