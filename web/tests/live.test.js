/** Live clicks by the client that most pages use: npm graphql-ws, from the click on a short link to the event. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { base, click, gql, PROMPT, signUp, skip } from "./platform.js";

const CLICKS = "subscription { clicks { nodes { id linkId browser } skipped } }";

/** A client of the token whose events can be awaited one after the other. */
function watch(token, options) {
  const client = createClient({
    url: `${base.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    ...options,
  });
  return { client, events: client.iterate({ query: CLICKS }) };
}

test("a click on a short link is an event within a second", { skip }, async () => {
  const token = await signUp("live");
  const { client, events } = watch(token);
  const created = await gql(
    'mutation { createLink(input: {url: "https://example.org/live"}) { link { id shortUrl } } }',
    token,
  );
  const { id, shortUrl } = created.data.createLink.link;
  // The first click also waits for the subscription to begin.
  const first = events.next();
  const clicking = setInterval(() => click(shortUrl), 300);
  const { value } = await first;
  clearInterval(clicking);
  assert.equal(value.data.clicks.nodes[0].linkId, id);

  const start = Date.now();
  await click(shortUrl);
  const seen = await events.next();
  assert.ok(Date.now() - start < PROMPT, `${Date.now() - start} ms`);
  assert.equal(seen.value.data.clicks.nodes[0].browser, "Firefox");
  await events.return();
  await client.dispose();
});

test("a wrong credential is closed with 4403 and a logout ends the socket", { skip }, async () => {
  const wrong = watch("nonsense", { retryAttempts: 0 });
  await assert.rejects(wrong.events.next(), (close) => close.code === 4403);

  const token = await signUp("logout");
  const logout = () => gql("mutation { logout { userErrors { code } } }", token);
  const closed = new Promise((resolve) => {
    const on = { connected: () => setTimeout(logout, 200), closed: resolve };
    // How the iterator ends depends on whether `complete` or the close is seen first.
    watch(token, { retryAttempts: 0, on })
      .events.next()
      .catch(() => {});
  });
  assert.equal((await closed).code, 4403);
});
