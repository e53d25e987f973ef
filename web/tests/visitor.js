/** A visitor of our pages: what can be seen is found by what is written beside it. */
import { base, PASSWORD } from "./platform.js";

/** The visible field with this label. */
export function field(page, label) {
  return page.getByLabel(label, { exact: true }).filter({ visible: true });
}

/** Fills the form of `/login` that is shown and sends it. */
export async function enter(page, email, password = PASSWORD) {
  await field(page, "E-mail address").fill(email);
  await field(page, "Password").fill(password);
  await field(page, "Password").press("Enter");
}

/** Signs in at `/login`. */
export async function signIn(page, email) {
  await page.goto(`${base}/login`);
  await enter(page, email);
  await page.getByRole("heading", { name: "Signed in" }).waitFor();
}

/** Signs out at `/login`. */
export async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
}
