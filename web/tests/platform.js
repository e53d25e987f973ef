/** The platform under test, by CURTAIL_URL (the gateway's base address); `available` says why a suite is skipped. */
export const base = process.env.CURTAIL_URL?.replace(/\/$/, "");
export const skip = base ? false : "CURTAIL_URL is not set: start the platform and name its gateway";
export const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Options for a headless browser without network beside loopback; root cannot use Chromium's sandbox. */
export const browserOptions = {
  executablePath: chromium,
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
  ],
};

export const PASSWORD = "correct horse battery staple 42";

/**
 * What is promised within a second comes by itself and not by a timer, which is what tests look for: on a machine that is busy with
 * other things it may take so many milliseconds. `bench/` measures how long clicks and changes take.
 */
export const PROMPT = 5_000;

/** Sends one operation in the name of a token, or of no one. */
export async function gql(query, token, variables, more) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }), ...more };
  const response = await fetch(`${base}/graphql`, {
    method: "POST",
    headers,
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** Makes an account and gives its access token. */
export async function signUp(name, email = anAddress(name), fullName = name) {
  const input = { email, password: PASSWORD, fullName };
  const query =
    "mutation($input: RegisterInput!) { register(input: $input) { tokens { accessToken } userErrors { code } } }";
  const made = await gql(query, undefined, { input });
  return made.data.register.tokens.accessToken;
}

/** What `look` gives as soon as it gives something; fails with `what` when it does not within half a minute. */
export async function until(look, what) {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within 30 s: ${what}`);
}

/** An address that no one has. */
export function anAddress(name) {
  return `${name}-${Date.now()}@example.org`;
}

/** Visits a short URL as a browser would, without going where it leads. */
export async function click(shortUrl) {
  const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  await fetch(shortUrl, { redirect: "manual", headers: { "user-agent": agent } });
}
