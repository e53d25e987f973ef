/** GraphQL over server-sent events in distinct connections mode, by the npm graphql-sse client and by the bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-sse";
import { base, click, gql, PROMPT, signUp, skip } from "./platform.js";

const url = `${base}/graphql`;
const CHANGES = "subscription { linkChanged { kind linkId link { url } } }";

const clientOf = (token, options) =>
  createClient({ url, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0, ...options });

async function createLink(token) {
  const query = 'mutation { createLink(input: {url: "https://example.org/sse"}) { link { id shortUrl } } }';
  return (await gql(query, token)).data.createLink.link;
}

/** Opens an event stream; its text is read piece by piece. */
async function open(token, query) {
  const headers = { accept: "text/event-stream", "content-type": "application/json", authorization: `Bearer ${token}` };
  const gone = new AbortController();
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }), signal: gone.signal });
  const pieces = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  return { response, pieces, gone };
}

test("a change of a link is an event within a second, and so is a click", { skip }, async () => {
  const token = await signUp("sse");
  const client = clientOf(token);
  const changes = client.iterate({ query: CHANGES });
  const making = setInterval(() => createLink(token), 300);
  assert.equal((await changes.next()).value.data.linkChanged.kind, "CREATED");
  clearInterval(making);
  const start = Date.now();
  const link = await createLink(token);
  for await (const { data } of changes) {
    if (data.linkChanged.linkId === link.id) break;
  }
  assert.ok(Date.now() - start < PROMPT, `${Date.now() - start} ms`);

  const clicks = client.iterate({ query: "subscription { clicks { nodes { linkId } } }" });
  const clicking = setInterval(() => click(link.shortUrl), 300);
  assert.equal((await clicks.next()).value.data.clicks.nodes[0].linkId, link.id);
  clearInterval(clicking);
  await clicks.return();
  client.dispose();
});

test("a query is one next and a complete", { skip }, async () => {
  const messages = [];
  const client = clientOf(await signUp("sse-query"), { on: { message: (message) => messages.push(message) } });
  const query = client.iterate({ query: "{ version }" });
  assert.equal(typeof (await query.next()).value.data.version, "string");
  assert.equal((await query.next()).done, true);
  assert.deepEqual(
    messages.map((message) => message.event),
    ["next", "complete"],
  );
  assert.equal(messages[1].data, null, "complete has no data");
  client.dispose();
});

test("a refused document is a next with errors and a complete", { skip }, async () => {
  const client = clientOf(await signUp("sse-refused"));
  for (const [query, code] of [
    ["subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["subscription {", "GRAPHQL_PARSE_FAILED"],
    ["subscription { a: clicks { skipped } b: clicks { skipped } }", "GRAPHQL_VALIDATION_FAILED"],
    ['subscription { linkChanged(workspaceId: "1") { kind } }', "NOT_FOUND"],
  ]) {
    const refused = client.iterate({ query });
    const { value } = await refused.next();
    assert.equal(value.errors[0].extensions.code, code, query);
    assert.equal((await refused.next()).done, true, query);
  }
  client.dispose();
});

test("what stands in the way before is a status and no stream", { skip }, async () => {
  const wrong = clientOf("nonsense").iterate({ query: CHANGES });
  await assert.rejects(wrong.next(), (error) => error.response.status === 401);
  const token = await signUp("sse-status");
  const mutation = clientOf(token).iterate({ query: "mutation { logout { userErrors { code } } }" });
  await assert.rejects(mutation.next(), (error) => error.response.status === 406);
});

test("complete has an empty data field, and the stream ends after it", { skip }, async () => {
  const { response, pieces } = await open(await signUp("sse-bytes"), "{ version }");
  assert.match(response.headers.get("content-type"), /^text\/event-stream/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  let text = "";
  for await (const piece of { [Symbol.asyncIterator]: () => pieces }) text += piece;
  assert.match(text, /^retry: \d+$/m, "how soon to come back");
  assert.match(text, /event: next\ndata: \{"data":\{"version":"[^"]+"\}\}\n\n/);
  assert.match(text, /event: complete\ndata:\s*\n\n$/);
});

test("a quiet stream has a comment every 12 s", { skip }, async () => {
  const { pieces, gone } = await open(await signUp("sse-quiet"), CHANGES);
  let start = Date.now();
  const pauses = [];
  while (pauses.length < 2) {
    const { value } = await pieces.next();
    for (const line of value.split("\n").filter(Boolean)) {
      assert.match(line, /^(:|retry: )/, "only comments");
    }
    if (!value.includes("retry")) pauses.push(Date.now() - start);
    start = Date.now();
  }
  for (const pause of pauses) assert.ok(pause > 12_000 - PROMPT && pause < 12_000 + PROMPT, `${pauses} ms`);
  gone.abort();
});

test("a user has at most 20 connections, event streams among them", { skip }, async () => {
  const token = await signUp("sse-many");
  const streams = await Promise.all(Array.from({ length: 20 }, () => open(token, CHANGES)));
  assert.ok(streams.every(({ response }) => response.status === 200));
  const more = await open(token, CHANGES);
  assert.equal(more.response.status, 429);
  const { value } = await more.pieces.next();
  assert.equal(JSON.parse(value).errors[0].extensions.code, "TOO_MANY_CONNECTIONS");
  for (const { gone } of streams) gone.abort();
});
