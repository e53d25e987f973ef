/** Joins a workspace by the token of a mail; it needs a signed-in user. */
import { forgetToken, onSubmit, open, parameter, part, show, write } from "./form.js";
import { send } from "./graphql.js";
import { logout, viewer } from "./session.js";

const ACCEPT = `mutation AcceptInvitation($token: String!) {
  acceptInvitation(token: $token) { workspace { name role } userErrors { field message } } }`;

const token = parameter("token");
const signIn = `/login?next=${encodeURIComponent(`/invite?token=${encodeURIComponent(token)}`)}`;

onSubmit("accept", async () => {
  // The session may have ended since the page was loaded.
  if (!(await viewer())) return show("stranger");
  const { workspace, userErrors } = await send(ACCEPT, { token });
  if (workspace) {
    forgetToken();
    write("workspace", workspace.name);
    write("role", workspace.role.toLowerCase());
    show("joined");
  }
  return userErrors;
});

onSubmit("other", async () => {
  await logout();
  location.assign(signIn);
});

open(async () => {
  if (!token) return show("incomplete");
  part("sign-in").href = signIn;
  const known = await viewer();
  if (!known) return show("stranger");
  write("email", known.email);
  show("ask");
});
