/** A new password: without a token the mail is asked for, with one the password is set. */
import { forgetToken, onSubmit, parameter, show, write } from "./form.js";
import { send } from "./graphql.js";

const REQUEST =
  "mutation RequestPasswordReset($email: String!) { requestPasswordReset(email: $email) { done userErrors { field message } } }";
const RESET = `mutation ResetPassword($token: String!, $newPassword: String!) {
  resetPassword(token: $token, newPassword: $newPassword) { done userErrors { field message } } }`;

onSubmit("request", async ({ email }) => {
  const { done, userErrors } = await send(REQUEST, { email });
  if (done) {
    write("email", email);
    show("sent");
  }
  return userErrors;
});

onSubmit("set", async ({ newPassword, repeated }) => {
  if (newPassword !== repeated) return [{ field: "repeated", message: "The two passwords differ." }];
  const { done, userErrors } = await send(RESET, { token: parameter("token"), newPassword });
  if (done) {
    forgetToken();
    show("done");
  }
  return userErrors;
});

show(parameter("token") ? "choose" : "forgotten");
