import type { Credential } from "./credential.js";
import { type Arguments, type Document, text } from "./document.js";
import { connect, follow } from "./live.js";
import { send, type Transport } from "./request.js";

/** Where the API is and who asks. */
export interface ClientOptions extends Credential {
  /** The endpoint: `https://app.example/graphql`. */
  url: string;
  /** Further headers of each request. */
  headers?: Record<string, string>;
  /** When a request is given up, in milliseconds; 15,000 if it is not said. */
  timeoutMs?: number;
  /** Whether a browser sends cookies; `same-origin` if it is not said. */
  credentials?: RequestCredentials;
  /** Instead of the global one. */
  fetch?: typeof globalThis.fetch;
  /** Instead of the global one, which Node has from version 22 on: before, the default export of npm `ws`. */
  webSocket?: unknown;
}

/** Options of one request. */
export interface RequestOptions {
  /** Gives up early. */
  signal?: AbortSignal;
}

/** The API. Everything throws `CurtailError`. */
export interface Client {
  /** Asks. */
  query<Result, Variables>(
    document: Document<Result, Variables>,
    ...rest: Arguments<NoInfer<Variables>, RequestOptions>
  ): Promise<Result>;
  /** Changes. Reasons against it that a program has to expect are in `userErrors` of the payload: see `accepted`. */
  mutate<Result, Variables>(
    document: Document<Result, Variables>,
    ...rest: Arguments<NoInfer<Variables>, RequestOptions>
  ): Promise<Result>;
  /** Follows. All subscriptions share one connection, which comes back by itself after a break. */
  subscribe<Result, Variables>(
    document: Document<Result, Variables>,
    ...rest: Arguments<NoInfer<Variables>, never>
  ): AsyncGenerator<Result, void>;
  /** Ends all subscriptions. */
  close(): Promise<void>;
}

/** A client of the API at `options.url`. Nothing is sent before the first operation. */
export function createClient(options: ClientOptions): Client {
  const { apiKey, token } = options;
  const credential: Credential = { ...(apiKey !== undefined && { apiKey }), ...(token !== undefined && { token }) };
  const transport: Transport = {
    ...credential,
    url: options.url,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    headers: options.headers ?? {},
    credentials: options.credentials ?? "same-origin",
    timeoutMs: options.timeoutMs ?? 15_000,
  };
  let socket: ReturnType<typeof connect> | undefined;
  const ask = (document: object, variables?: unknown, more?: RequestOptions) =>
    send(transport, text(document), variables, more?.signal);
  const subscribe = (document: object, variables?: unknown) => {
    socket ??= connect(options.url, credential, options.webSocket);
    return follow(socket, text(document), variables);
  };
  return {
    // What the document says of its types is not known at run time.
    query: ask as Client["query"],
    mutate: ask as Client["mutate"],
    subscribe: subscribe as Client["subscribe"],
    async close() {
      await socket?.dispose();
      socket = undefined;
    },
  };
}
