import { Refused, type UserError } from "./errors.js";

/** What mutations answer. */
interface Payload {
  readonly userErrors: readonly UserError[];
}

/**
 * The part `name` of what a mutation answers.
 *
 * Throws `Refused` with the `userErrors` when there are any, or when the part is null all the same.
 */
export function accepted<P extends Payload, N extends Exclude<keyof P, "userErrors">>(
  payload: P,
  name: N,
): NonNullable<P[N]> {
  const part = payload[name];
  if (payload.userErrors.length > 0 || part === null || part === undefined) throw new Refused(payload.userErrors);
  return part;
}
