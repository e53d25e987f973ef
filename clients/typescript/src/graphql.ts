import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./generated/schema.js";

export type { ResultOf, VariablesOf } from "gql.tada";

/**
 * An operation or a fragment of the Curtail API. TypeScript checks it against the schema and infers its variables and what it
 * answers; nothing has to be generated.
 *
 * Instants are texts (RFC 3339), `Long` is a whole number of up to 53 bits, ids are opaque texts.
 */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; Long: number; JSON: unknown };
  disableMasking: true;
}>();
