/** Signing in and up, and what a signed-in user can do here. */
import { onSubmit, open, parameter, part, show, write } from "./form.js";
import { send } from "./graphql.js";
import { ownPage } from "./next.js";
import { logout, viewer } from "./session.js";

const LOGIN =
  "mutation Login($input: LoginInput!) { login(input: $input) { tokens { accessExpiresAt } userErrors { field message } } }";
const REGISTER = `mutation Register($input: RegisterInput!) {
  register(input: $input) { tokens { accessExpiresAt } verificationRequired userErrors { field message } } }`;
const RESEND =
  "mutation ResendVerification($email: String!) { resendVerification(email: $email) { done userErrors { field message } } }";

const next = ownPage(parameter("next"), location.origin);

onSubmit("sign-in", async (input) => {
  const { tokens, userErrors } = await send(LOGIN, { input });
  if (tokens) await arrive();
  return userErrors;
});

onSubmit("register", async (input) => {
  const { tokens, verificationRequired, userErrors } = await send(REGISTER, { input });
  if (tokens) await arrive();
  if (verificationRequired) {
    write("email", input.email);
    show("mailed");
  }
  return userErrors;
});

onSubmit("resend", async () => {
  const { email } = (await viewer()) ?? {};
  if (!email) return show("stranger");
  const { done, userErrors } = await send(RESEND, { email });
  if (done) show("mailed");
  return userErrors;
});

onSubmit("logout", async () => {
  await logout();
  show("stranger");
});

part("to-register").addEventListener("click", () => show("newcomer"));
part("to-sign-in").addEventListener("click", () => show("stranger"));

/** After a sign-in. */
async function arrive() {
  if (next) location.replace(next.href);
  else await lookAround();
}

async function lookAround() {
  const known = await viewer();
  if (!known) return show("stranger");
  write("name", known.fullName);
  write("email", known.email);
  part("unproven").hidden = known.emailVerified;
  show("home");
}

open(async () => {
  part("go-on").hidden = !next;
  part("come-back").hidden = !next;
  if (next) part("go-on").querySelector("a").href = next.href;
  part("playground").hidden = document.body.dataset.playground !== "yes";
  await lookAround();
});
