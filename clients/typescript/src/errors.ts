import type { CODES } from "./generated/codes.js";

/** The closed list of the API, and `NO_ANSWER`: nothing came back that the API would have sent. */
export type ErrorCode = (typeof CODES)[number] | "NO_ANSWER";

/** One error as the API sends it. */
export interface ErrorEntry {
  message: string;
  path?: readonly (string | number)[];
  extensions?: {
    code?: string;
    reason?: string;
    requestId?: string;
    retryAfter?: number;
    limit?: number;
    [more: string]: unknown;
  };
}

/** What is known of a failure besides its message. */
export interface Failure {
  code: ErrorCode;
  reason?: string | undefined;
  requestId?: string | undefined;
  status?: number | undefined;
  retryAfter?: number | undefined;
  limit?: number | undefined;
  errors?: readonly ErrorEntry[] | undefined;
  data?: unknown;
  cause?: unknown;
}

/** An operation failed. What a program has to expect (an alias that is taken) is no failure: see `accepted`. */
export class CurtailError extends Error {
  override readonly name = "CurtailError";
  /** What kind of failure it is, for programs. */
  readonly code: ErrorCode;
  /** A finer name within the code, if there is one: `WORKSPACE_NOT_FOUND`. */
  readonly reason: string | undefined;
  /** Finds the request in the logs of the platform. */
  readonly requestId: string | undefined;
  /** The status of the HTTP answer; none when there was no such answer. */
  readonly status: number | undefined;
  /** How many seconds to wait before trying again, where waiting helps. */
  readonly retryAfter: number | undefined;
  /** The bound that was passed, if it is one. */
  readonly limit: number | undefined;
  /** Every error of the answer, the first one being this. */
  readonly errors: readonly ErrorEntry[];
  /** What could be answered nevertheless. */
  readonly data: unknown;

  constructor(message: string, failure: Failure) {
    super(message, { cause: failure.cause });
    this.code = failure.code;
    this.reason = failure.reason;
    this.requestId = failure.requestId;
    this.status = failure.status;
    this.retryAfter = failure.retryAfter;
    this.limit = failure.limit;
    this.errors = failure.errors ?? [];
    this.data = failure.data;
  }
}

/** Why a mutation did not do what was asked; the selection of `userErrors` decides which of these are there. */
export interface UserError {
  readonly code?: string;
  readonly field?: string | null;
  readonly message?: string;
  readonly suggestions?: readonly string[];
}

/** A mutation was not carried out, for reasons that are data. Thrown by `accepted`. */
export class Refused<E extends UserError = UserError> extends Error {
  override readonly name = "Refused";
  /** The reasons. */
  readonly userErrors: readonly E[];

  constructor(userErrors: readonly E[]) {
    super(userErrors.map((error) => error.message ?? error.code ?? "refused").join("; ") || "refused");
    this.userErrors = userErrors;
  }
}
