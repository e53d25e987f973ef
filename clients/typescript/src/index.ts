/** The Curtail API, typed. See the README for a first program. */
export { type Client, type ClientOptions, createClient, type RequestOptions } from "./client.js";
export { CurtailError, type ErrorCode, type ErrorEntry, Refused, type UserError } from "./errors.js";
export { CODES } from "./generated/codes.js";
export { graphql, type ResultOf, type VariablesOf } from "./graphql.js";
export { accepted } from "./outcome.js";
