import { type ASTNode, print } from "@0no-co/graphql.web";
import type { DocumentDecoration } from "gql.tada";

/** A document that tells its types: of `graphql` here, or of any generator that makes typed document nodes. */
export interface Document<Result, Variables> extends DocumentDecoration<Result, Variables> {
  readonly kind: string;
}

/** Variables may be left out where there are none, or none that is required. */
export type Arguments<Variables, Options> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: Options]
    : [variables: Variables, options?: Options];

const printed = new WeakMap<object, string>();

/** The text of a document. */
export function text(document: object): string {
  let known = printed.get(document);
  if (known === undefined) {
    known = print(document as ASTNode);
    printed.set(document, known);
  }
  return known;
}
