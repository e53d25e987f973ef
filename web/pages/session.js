/** Who is signed in. The session is in cookies that scripts cannot see. */
import { send } from "./graphql.js";

const VIEWER = "query Viewer { viewer { email fullName emailVerified } }";
const REFRESH = "mutation RefreshSession { refreshSession { tokens { accessExpiresAt } userErrors { code } } }";
const LOGOUT = "mutation Logout { logout { done userErrors { code } } }";

/** The account, or null. Renews a session whose access token has expired. */
export async function viewer() {
  const known = await send(VIEWER);
  if (known) return known;
  const { tokens } = await send(REFRESH);
  return tokens ? send(VIEWER) : null;
}

/** Ends the session, if there still is one. */
export async function logout() {
  if (await viewer()) await send(LOGOUT);
}
