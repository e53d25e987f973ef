/** graphql-transport-ws by its frames: each close code, pings and completes from both sides, and the npm client on top of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { CloseCode, createClient, MessageType } from "graphql-ws";
import WebSocket from "ws";
import { base, click, gql, PROMPT, signUp, skip, until } from "./platform.js";

const url = `${base?.replace(/^http/, "ws")}/graphql`;
const CLICKS = "subscription { clicks { skipped } }";
const CHANGES = "subscription { linkChanged { kind linkId version link { url } } }";

/** An open socket; `heard` are its messages so far, `closed` is how it ends. */
async function open() {
  const socket = new WebSocket(url, "graphql-transport-ws");
  socket.heard = [];
  socket.on("message", (data) => socket.heard.push(JSON.parse(data)));
  socket.closed = once(socket, "close").then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, "open");
  return socket;
}

const say = (socket, message) => socket.send(JSON.stringify(message));
const init = (token) => ({
  type: MessageType.ConnectionInit,
  payload: token && { authorization: `Bearer ${token}` },
});
const subscribe = (id, query) => ({ type: MessageType.Subscribe, id, payload: { query } });

/** An acknowledged socket. */
async function signedIn(token) {
  const socket = await open();
  say(socket, init(token));
  await heard(socket, (message) => message.type === "connection_ack");
  return socket;
}

/** The first message like this. */
const heard = (socket, like) => until(() => socket.heard.find(like), `a message like ${like}`);

async function createLink(token, to = "https://example.org/live") {
  const query = "mutation($url: String!) { createLink(input: {url: $url}) { link { id shortUrl } } }";
  return (await gql(query, token, { url: to })).data.createLink.link;
}

test("what is no message of the protocol is closed with 4400", { skip }, async () => {
  const shapes = [
    "nonsense",
    "",
    "[]",
    "7",
    "null",
    "{}",
    '{"type":"start"}',
    '{"type":"connection_ack"}',
    '{"type":"connection_init","payload":"x"}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","payload":{"query":"{version}"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{version}"}}',
    '{"type":"subscribe","id":1,"payload":{"query":"{version}"}}',
    '{"type":"subscribe","id":"1","payload":{"query":7}}',
    '{"type":"complete"}',
    `{"type":"complete","id":"${"x".repeat(65)}"}`,
    Buffer.from('{"type":"ping"}'),
  ];
  for (const shape of shapes) {
    const socket = await open();
    socket.send(shape);
    assert.equal((await socket.closed).code, CloseCode.BadRequest, String(shape));
  }
});

test("each violation has its code", { skip }, async () => {
  const token = await signUp("codes");
  for (const [code, ...messages] of [
    [CloseCode.Unauthorized, subscribe("1", "{ version }")],
    [CloseCode.Forbidden, init("nonsense")],
    [CloseCode.SubscriberAlreadyExists, init(token), subscribe("1", CLICKS), subscribe("1", CLICKS)],
    [CloseCode.TooManyInitialisationRequests, init(token), init(token)],
  ]) {
    const socket = await open();
    for (const message of messages) say(socket, message);
    const closed = await socket.closed;
    assert.equal(closed.code, code);
    assert.notEqual(closed.reason, "");
  }
});

test("a socket that says nothing is closed with 4408 after three seconds", { skip }, async () => {
  const start = Date.now();
  const socket = await open();
  assert.equal((await socket.closed).code, CloseCode.ConnectionInitialisationTimeout);
  const after = Date.now() - start;
  assert.ok(after >= 2900 && after < 3000 + PROMPT, `${after} ms`);
});

test("a user has 20 sockets and no 21st, which is closed with 4429", { skip }, async () => {
  const token = await signUp("many");
  const sockets = await Promise.all(Array.from({ length: 20 }, () => signedIn(token)));
  const more = await open();
  say(more, init(token));
  assert.equal((await more.closed).code, CloseCode.TooManyInitialisationRequests);
  sockets[0].close();
  await until(async () => {
    const again = await open();
    say(again, init(token));
    const first = await Promise.race([again.closed, once(again, "message")]);
    again.terminate();
    return Array.isArray(first);
  }, "there is a place again");
  for (const socket of sockets) socket.terminate();
});

test("a socket runs ten operations and refuses an eleventh", { skip }, async () => {
  const socket = await signedIn(await signUp("ten"));
  for (let n = 1; n <= 11; n++) say(socket, subscribe(`${n}`, CLICKS));
  const refused = await heard(socket, (message) => message.type === "error");
  assert.equal(refused.id, "11");
  assert.equal(refused.payload[0].extensions.code, "TOO_MANY_SUBSCRIPTIONS");
  assert.equal(socket.heard.filter((message) => message.type === "error").length, 1);
  say(socket, { type: "complete", id: "10" });
  say(socket, subscribe("11", "{ version }"));
  await heard(socket, (message) => message.id === "11" && message.type === "complete");
  socket.terminate();
});

test("pings are answered on both levels and a pong needs no answer", { skip }, async () => {
  const socket = await signedIn(await signUp("ping"));
  const frame = once(socket, "pong");
  socket.ping("frame");
  assert.equal(String((await frame)[0]), "frame");
  say(socket, { type: "pong", payload: { any: 1 } });
  say(socket, { type: "ping", payload: { any: 1 } });
  await heard(socket, (message) => message.type === "pong");
  assert.deepEqual(
    socket.heard.map((message) => message.type),
    ["connection_ack", "pong"],
  );
  socket.terminate();
});

test("the server asks a quiet client within 12 s whether it is there, and drops one that is not", {
  skip,
}, async () => {
  const token = await signUp("quiet");
  // The one that will be gone is asked first.
  const gone = await signedIn(token);
  const there = await signedIn(token);
  // The library answers pings by itself as long as it reads.
  gone.pause();
  const start = Date.now();
  await once(there, "ping");
  assert.ok(Date.now() - start < 12_000 + PROMPT, `${Date.now() - start} ms`);
  await once(there, "ping");
  assert.equal(there.readyState, WebSocket.OPEN);
  gone.resume();
  // Without a close frame: half of the connection was gone.
  assert.equal((await gone.closed).code, 1006);
  there.terminate();
});

test("a close of the client is answered", { skip }, async () => {
  const socket = await signedIn(await signUp("close"));
  say(socket, subscribe("1", CLICKS));
  socket.close(1000, "enough");
  assert.equal((await socket.closed).code, 1000);
});

test("nothing comes after complete, anyone who says it", { skip }, async () => {
  const token = await signUp("complete");
  const socket = await signedIn(token);
  say(socket, subscribe("query", "{ version }"));
  await heard(socket, (message) => message.id === "query" && message.type === "complete");
  say(socket, subscribe("ours", CHANGES));
  say(socket, subscribe("other", CHANGES));
  await until(async () => {
    await createLink(token);
    return ["ours", "other"].every((id) => socket.heard.some((message) => message.id === id));
  }, "both have begun");
  say(socket, { type: "complete", id: "ours" });
  say(socket, { type: "complete", id: "never begun" });
  say(socket, { type: "ping" });
  await heard(socket, (message) => message.type === "pong");
  socket.heard.length = 0;
  const last = await createLink(token);
  await heard(socket, (message) => message.payload?.data.linkChanged.linkId === last.id);
  assert.ok(socket.heard.every((message) => message.id === "other" && message.type === "next"));
  // The id is free again.
  say(socket, subscribe("ours", "{ version }"));
  await heard(socket, (message) => message.id === "ours" && message.type === "complete");
  socket.terminate();
});

test("the npm client follows changes and clicks on one socket, completes and goes on", { skip }, async () => {
  const token = await signUp("client");
  const connectionParams = { Authorization: `Bearer ${token}` };
  const options = { url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, lazyCloseTimeout: 5000 };
  const client = createClient(options);
  const query = client.iterate({ query: "{ version }" });
  assert.equal(typeof (await query.next()).value.data.version, "string");
  assert.equal((await query.next()).done, true, "the server completes");

  const changes = client.iterate({ query: CHANGES });
  const making = setInterval(() => createLink(token), 300);
  const { value } = await changes.next();
  clearInterval(making);
  assert.equal(value.data.linkChanged.kind, "CREATED");
  await changes.return();

  const clicks = client.iterate({ query: CLICKS });
  const link = await createLink(token);
  const clicking = setInterval(() => click(link.shortUrl), 300);
  assert.equal((await clicks.next()).value.data.clicks.skipped, 0);
  clearInterval(clicking);
  await clicks.return();

  await assert.rejects(client.iterate({ query: "subscription { nothing }" }).next(), (errors) =>
    errors.some((error) => error.extensions.code === "GRAPHQL_VALIDATION_FAILED"),
  );
  await client.dispose();
});
