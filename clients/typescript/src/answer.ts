import { CurtailError, type ErrorCode, type ErrorEntry, type Failure } from "./errors.js";
import { CODES } from "./generated/codes.js";

/** What GraphQL answers, by whatever way. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly ErrorEntry[] | undefined;
}

/** The data of an answer without errors; throws the first of its errors. */
export function dataOf(answer: Answer, more: Partial<Failure> = {}): unknown {
  const [first] = answer.errors ?? [];
  if (!first) return answer.data;
  const { code, reason, requestId, retryAfter, limit } = first.extensions ?? {};
  throw new CurtailError(first.message, {
    code: known(code),
    reason,
    requestId: requestId ?? more.requestId,
    status: more.status,
    retryAfter: retryAfter ?? more.retryAfter,
    limit,
    errors: answer.errors,
    data: answer.data ?? undefined,
  });
}

/** Whether a value has the form of an answer. */
export function isAnswer(value: unknown): value is Answer {
  if (typeof value !== "object" || value === null) return false;
  return "data" in value || ("errors" in value && Array.isArray(value.errors) && value.errors.length > 0);
}

/** A code that this version does not know is a fault as far as it can tell; `errors` has its text. */
function known(code: string | undefined): ErrorCode {
  return CODES.find((each) => each === code) ?? "INTERNAL";
}
