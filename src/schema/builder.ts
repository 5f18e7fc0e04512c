import SchemaBuilder from "@pothos/core";
import ComplexityPlugin from "@pothos/plugin-complexity";
import ScopeAuthPlugin, {
  type AuthFailure,
  AuthScopeFailureType,
  type ForbiddenResult,
} from "@pothos/plugin-scope-auth";
import ValidationPlugin from "@pothos/plugin-validation";
import { type GraphQLOutputType, getNamedType, isLeafType, isListType, isNonNullType } from "graphql";
import type { TokenParts } from "../access/tokens.ts";
import { isDate } from "../calendar.ts";
import { type Caller, mayActAs, ROLES, type Role } from "../config/roles.ts";
import type { Deps } from "../deps.ts";
import { LedgerError } from "../errors.ts";
import type { Gate } from "../gate.ts";
import type { EventLogTail } from "../jobs/eventLogTail.ts";
import type { WebhookParts } from "../notifications/webhooks.ts";
import type { Operated } from "../source/sources.ts";
import { list } from "./costs.ts";
import type { Loaders } from "./loaders.ts";

export type Context = {
  deps: Deps & TokenParts & WebhookParts & { eventLogTail: EventLogTail; sources: Operated };
  caller: Caller;
  loaders: Loaders;
  /** The HTTP request. The signal of the request aborts when the client disconnects. */
  request: Pick<Request, "signal">;
  /** Aborts when subscriptions must complete, that is, when the server stops or when the request reaches a limit of its platform. */
  closing: AbortSignal;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  /**
   * Aborts when nobody waits for the response any more, that is, when the client disconnects, when the server stops or when the time limit
   * passes.
   */
  signal: AbortSignal;
  /** Limits how many validations run at once. */
  validations: Gate;
  /** Id of the request in the log and in the response header `x-request-id`. */
  requestId: string;
  /** The client for whom the request's subscriptions and exports are counted. */
  client: string;
};

/**
 * Returns a field's default cost: 0 for a scalar, 1 for an object, and for a list of objects the cost of five entries. A test checks that
 * every list of objects declares its own cost.
 */
export function defaultCost(_args: unknown, _context: unknown, { type }: { type: GraphQLOutputType }) {
  return isLeafType(getNamedType(type)) ? 0 : isList(type) ? list(5) : 1;
}

export const builder = new SchemaBuilder<{
  Context: Context;
  Scalars: {
    Date: { Input: string; Output: string };
    DateTime: { Input: number; Output: number };
    JSON: { Input: unknown; Output: unknown };
    ID: { Input: string; Output: string };
  };
  DefaultFieldNullability: false;
  AuthScopes: Record<Role, boolean>;
}>({
  // The order of these plugins does not matter: Pothos maps and validates a field's arguments before it calls the resolver that checks
  // scopes.
  plugins: [ComplexityPlugin, ValidationPlugin, ScopeAuthPlugin],
  scopeAuth: {
    authScopes: ({ caller }) => ({
      viewer: mayActAs(caller, "viewer"),
      operator: mayActAs(caller, "operator"),
      admin: mayActAs(caller, "admin"),
    }),
    authorizeOnSubscribe: true,
    unauthorizedError: (_, { caller }, __, { failure }) => forbidden(caller, lacking(failure)),
  },
  defaultFieldNullability: false,
  complexity: { fieldComplexity: defaultCost, disabled: true },
  validation: {
    validationError: ({ issues }) => {
      const faults = issues.map(({ path, message }) => {
        const name = path?.map((step) => (typeof step === "object" ? String(step.key) : String(step))).join(".");
        return name ? `${name}: ${message}` : message;
      });
      return new LedgerError("BAD_USER_INPUT", faults.join("; "));
    },
  },
});

function isList(type: GraphQLOutputType): boolean {
  return isNonNullType(type) ? isList(type.ofType) : isListType(type);
}

/** Returns the error for a caller whose role does not suffice. */
export const forbidden = ({ name, role }: Caller, wanted: Role): LedgerError =>
  new LedgerError(
    "FORBIDDEN",
    `Cannot do this as ${name}, whose role is ${role}. Use a token with the role ${wanted}.`,
  );

/** Returns the highest role among the scopes that failed. */
function lacking(failure: ForbiddenResult["failure"]): Role {
  const scopes = (each: AuthFailure): string[] =>
    each.kind === AuthScopeFailureType.AuthScope
      ? [each.scope]
      : "failures" in each
        ? each.failures.flatMap(scopes)
        : [];
  const failed = scopes(failure);
  return ROLES.findLast((role) => failed.includes(role)) ?? "admin";
}

builder.queryType({ description: "Reads what the ledger knows.", authScopes: { viewer: true } });
builder.mutationType({
  description:
    "Changes jobs, schedules, leagues, tokens and webhooks. Requires the role operator; some mutations require the role admin.",
  authScopes: { operator: true },
});
builder.subscriptionType({
  authScopes: { viewer: true },
  description: "Follows jobs, as server-sent events (`Accept: text/event-stream`).",
});

builder.scalarType("Date", {
  description: "A calendar date, YYYY-MM-DD, in the league's own calendar.",
  serialize: String,
  parseValue: (value) => {
    if (typeof value === "string" && isDate(value)) return value;
    throw new LedgerError(
      "BAD_USER_INPUT",
      `${JSON.stringify(value)} is not a date; allowed: an existing date in the form YYYY-MM-DD`,
    );
  },
});

builder.scalarType("DateTime", {
  description: "An instant, RFC 3339 in UTC, with milliseconds.",
  serialize: (at) => new Date(at).toISOString(),
  parseValue: (value) => {
    const at =
      typeof value === "string" && /^\d{4}-\d{2}-\d{2}T\S+(Z|[+-]\d{2}:\d{2})$/.test(value)
        ? Date.parse(value)
        : Number.NaN;
    if (!Number.isNaN(at)) return at;
    throw new LedgerError(
      "BAD_USER_INPUT",
      `${JSON.stringify(value)} is not an instant; allowed: RFC 3339, for example 2025-04-01T12:00:00.000Z`,
    );
  },
});

builder.scalarType("JSON", { description: "Any JSON value.", serialize: (value) => value });

/** Defines an enum with a description for every value. */
export function describedEnum<Value extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Value, string>>,
) {
  const described = Object.entries<string>(meanings).map(([value, meaning]) => [value, { description: meaning }]);
  const values = Object.fromEntries(described) as Record<Value, { description: string }>;
  return builder.enumType<string, Record<Value, { description: string }>>(name, { description, values });
}
