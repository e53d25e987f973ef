/**
 * The playground: GraphiQL on our own endpoint, from files of our own.
 *
 * Some of its parts add style elements at run time; they carry the nonce that the gateway wrote into the page, because its
 * policy allows no other inline style.
 */
import { setNonce } from "get-nonce";
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
import { getOperationAST, parse } from "graphql";
import { createRoot } from "react-dom/client";
import "./page.css";

const ENDPOINT = "/graphql";

const WELCOME = `# Curtail
#
# Sign up (the cookies stay with this browser), then shorten and look:
#
#   mutation { register(input: {email: "me@example.org", password: "…", fullName: "Me"}) { userErrors { field code message } } }
#   mutation { createLink(input: {url: "https://example.org"}) { link { id shortUrl } userErrors { field code message } } }
#
# Watch clicks as they happen:
#
#   subscription { clicks { nodes { at linkId browser } skipped } }
#
# API keys go into the headers below: {"Authorization": "Bearer ck_live_…"}

{
  version
}
`;

/** Sends one operation; the extra header proves to the gateway that a page of its own asks. */
function send(params, options, accept, signal) {
  return fetch(ENDPOINT, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: accept,
      "Content-Type": "application/json",
      "X-Curtail-Csrf": "1",
      ...options?.headers,
    },
    body: JSON.stringify(params),
    signal,
  });
}

/** The answers of a subscription, which come as an event stream; leaving the loop ends it. */
async function* follow(params, options) {
  const abort = new AbortController();
  try {
    const response = await send(params, options, "text/event-stream", abort.signal);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      yield await response.json();
      return;
    }
    let text = "";
    for await (const chunk of chunks(response.body.pipeThrough(new TextDecoderStream()).getReader())) {
      const events = (text + chunk).split("\n\n");
      text = events.pop();
      for (const event of events) {
        const field = (name) => event.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1];
        if (field("event") === "complete") return;
        if (field("event") === "next") yield JSON.parse(field("data"));
      }
    }
  } finally {
    abort.abort();
  }
}

/** What a reader reads. Not every browser can iterate a stream. */
async function* chunks(reader) {
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

/** Whether the operation that is meant is a subscription. What does not parse is for the gateway to refuse. */
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === "subscription";
  } catch {
    return false;
  }
}

function fetcher(params, options) {
  if (isSubscription(params)) return follow(params, options);
  // The older type: a refused document is an ordinary answer here, not a failed request on the browser's console.
  return send(params, options, "application/json").then((response) => response.json());
}

const root = document.getElementById("playground");
setNonce(root.dataset.nonce);
createRoot(root).render(<GraphiQL fetcher={fetcher} defaultQuery={WELCOME} />);
