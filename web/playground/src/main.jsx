/**
 * The playground: GraphiQL on our own endpoint, from files of our own.
 *
 * Some of its parts add style elements at run time; they carry the nonce that the gateway wrote into the page, because its
 * policy allows no other inline style.
 */
import { setNonce } from "get-nonce";
import { GraphiQL } from "graphiql";
import "graphiql/graphiql.css";
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
# API keys go into the headers below: {"Authorization": "Bearer ck_live_…"}

{
  version
}
`;

/** Sends one operation; the extra header proves to the gateway that a page of its own asks. */
async function fetcher(params, options) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      // The older type: a refused document is an ordinary answer here, not a failed request on the browser's console.
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-Curtail-Csrf": "1",
      ...options?.headers,
    },
    body: JSON.stringify(params),
  });
  return response.json();
}

const root = document.getElementById("playground");
setNonce(root.dataset.nonce);
createRoot(root).render(<GraphiQL fetcher={fetcher} defaultQuery={WELCOME} />);
