/** Confirms an address by the token of a mail; the mail can be sent once more. */
import { forgetToken, onSubmit, parameter, part, show, write } from "./form.js";
import { send } from "./graphql.js";
import { viewer } from "./session.js";

const VERIFY =
  "mutation VerifyEmail($token: String!) { verifyEmail(token: $token) { tokens { accessExpiresAt } userErrors { field message } } }";
const RESEND =
  "mutation ResendVerification($email: String!) { resendVerification(email: $email) { done userErrors { field message } } }";

onSubmit("confirm", async () => {
  const { tokens, userErrors } = await send(VERIFY, { token: parameter("token") });
  if (tokens) {
    forgetToken();
    await arrive();
  }
  return userErrors;
});

onSubmit("resend", async ({ email }) => {
  const { done, userErrors } = await send(RESEND, { email });
  if (done) {
    write("email", email);
    show("sent");
  }
  return userErrors;
});

async function arrive() {
  write("email", (await viewer())?.email ?? "");
  show("done");
}

if (parameter("token")) show("ask", "again");
else show("again");
// A convenience: without it the address is typed.
const known = await viewer().catch(() => null);
if (known && !known.emailVerified) part("resend-email").value ||= known.email;
