/** The caller's credential. Without it the caller is anonymous, or in a browser the session of its cookies. */
export interface Credential {
  /** `ck_live_…`. */
  apiKey?: string;
  /** An access token, or where to get a fresh one: it is asked for before each request and each connection. */
  token?: string | (() => string | Promise<string>);
}

/** The headers that show it; a connection that stays open takes the same as parameters. */
export async function shown({ apiKey, token }: Credential): Promise<Record<string, string>> {
  if (apiKey !== undefined) return { "x-api-key": apiKey };
  if (token === undefined) return {};
  return { authorization: `Bearer ${typeof token === "string" ? token : await token()}` };
}
