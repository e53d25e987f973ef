import { dataOf, isAnswer } from "./answer.js";
import { type Credential, shown } from "./credential.js";
import { CurtailError } from "./errors.js";

/** Where requests go and how. */
export interface Transport extends Credential {
  url: string;
  fetch: typeof globalThis.fetch;
  headers: Record<string, string>;
  credentials: RequestCredentials;
  timeoutMs: number;
}

/** Sends one operation by POST and gives its data. */
export async function send(to: Transport, query: string, variables: unknown, signal?: AbortSignal): Promise<unknown> {
  const patience = AbortSignal.timeout(to.timeoutMs);
  const response = await reach(to, signal, {
    method: "POST",
    credentials: to.credentials,
    headers: {
      accept: "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
      ...to.headers,
      ...(await shown(to)),
    },
    body: JSON.stringify({ query, variables }),
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
  const status = response.status;
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  const answer: unknown = await response.json().catch(() => undefined);
  if (isAnswer(answer)) return dataOf(answer, { status, requestId, retryAfter });
  signal?.throwIfAborted();
  throw new CurtailError(`no answer of the API (${status})`, { code: "NO_ANSWER", status, requestId, retryAfter });
}

async function reach({ url, fetch }: Transport, signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    // Who gave up knows that it did.
    signal?.throwIfAborted();
    throw new CurtailError("the API cannot be reached", { code: "NO_ANSWER", cause });
  }
}
