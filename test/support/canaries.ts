import { newKey } from "../../src/source/credentials/seal.ts";
import type { Fault } from "./yahoo.ts";

export const OPERATOR = "operator-token-canary";
export const VIEWER = "viewer-token-canary";
export const ADMIN = "admin-token-canary";
export const ENV = {
  API_TOKENS: `ann:operator:${OPERATOR},bob:viewer:${VIEWER},cat:admin:${ADMIN}`,
  ENCRYPTION_KEY: newKey(),
  WEBHOOKS_PRIVATE: "on",
};
/** The tokens of the Yahoo stand-in and the configured secrets, in plain and encoded forms. */
export const CANARIES = [
  "canary-client-secret",
  "refresh-0",
  "token-1",
  btoa("client:canary-client-secret"),
  OPERATOR,
  VIEWER,
  ADMIN,
  ENV.ENCRYPTION_KEY,
];

/** Text for an answer of a source. The text contains every secret in `CANARIES`. */
export const said = CANARIES.map((canary) => `bad ${canary}!`).join(" ");
export const json = (description: string) => JSON.stringify({ error: { description } });

/** Answers of Yahoo that repeat secrets, each in a different place. */
export const FAULTS: [string, Fault][] = [
  ["an error description", { status: 400, body: json(`temporary problem: ${said}`) }],
  ["a rate limit", { status: 999, body: said, headers: { "retry-after": "600", "x-said": OPERATOR } }],
  ["HTML", { status: 200, body: `<!doctype html><title>${said}</title>`, headers: { "content-type": "text/html" } }],
  ["a hanging response", "hang"],
  ["a text that is cut off within a secret", { status: 200, body: `${"x".repeat(70)} canary-client-secret` }],
  ["a refusal of the token", { status: 401, body: json(`oauth_problem="token_rejected" ${said}`) }],
  ["a refusal of a private league", { status: 400, body: json(`you are not in this league ${said}`) }],
  ["a refusal of the application", { status: 403, body: json(`This application is not authorized ${said}`) }],
  ["a refusal without a known reason", { status: 403, body: json(said) }],
  ["a refusal of an unknown league", { status: 404, body: json(`League key x does not exist ${said}`) }],
  ["XML", { status: 400, body: `<error><description>${said}</description></error>` }],
  ["plain text", { status: 502, body: said }],
  ["text with status 200", { status: 200, body: said }],
  ["JSON of an unexpected form", { status: 200, body: JSON.stringify({ said }) }],
  ["a broken connection", "reset"],
];
