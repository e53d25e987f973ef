import { createClient, type Client as Socket } from "graphql-ws/client";
import { type Answer, dataOf } from "./answer.js";
import { type Credential, shown } from "./credential.js";
import { CurtailError, type ErrorCode } from "./errors.js";

/** What the codes with which the API closes a connection mean; the others are `NO_ANSWER`. */
const CLOSED: Record<number, ErrorCode> = {
  1013: "OVERLOADED",
  4400: "BAD_REQUEST",
  4403: "UNAUTHENTICATED",
  4429: "TOO_MANY_CONNECTIONS",
};
const FORBIDDEN = 4403;

/** A connection that is opened by the first subscription and closed after the last. */
export function connect(url: string, credential: Credential, webSocketImpl: unknown): Socket {
  const canRenew = typeof credential.token === "function";
  return createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl,
    connectionParams: () => shown(credential),
    // Another try with what was refused is refused again.
    shouldRetry: (event) => closeCode(event) !== undefined && (canRenew || closeCode(event) !== FORBIDDEN),
  });
}

/** The data of each answer, for as long as there are any. Ends by error when the API ends it by one. */
export async function* follow(socket: Socket, query: string, variables: unknown): AsyncGenerator<unknown, void> {
  const payload = { query, variables: variables as Record<string, unknown> };
  try {
    for await (const answer of socket.iterate(payload)) yield dataOf(answer as Answer);
  } catch (error) {
    throw understood(error);
  }
}

function understood(error: unknown): unknown {
  if (error instanceof CurtailError) return error;
  if (Array.isArray(error)) {
    try {
      dataOf({ errors: error });
    } catch (refusal) {
      return refusal;
    }
  }
  const code = closeCode(error);
  const message = code === undefined ? "the API cannot be reached" : `the connection was closed (${code})`;
  return new CurtailError(message, { code: CLOSED[code ?? 0] ?? "NO_ANSWER", cause: error });
}

function closeCode(event: unknown): number | undefined {
  const has = typeof event === "object" && event !== null && "code" in event && typeof event.code === "number";
  return has ? (event.code as number) : undefined;
}
