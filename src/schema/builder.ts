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
  /** What it belongs to: its signal aborts when the client is gone. */
  request: Pick<Request, "signal">;
  /** Aborts when subscriptions are to complete: the server stops, or its platform lets it do no more. */
  closing: AbortSignal;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  /** Aborts when the answer is not waited for any longer: the client is gone, the server stops, or the time is up. */
  signal: AbortSignal;
  /** Through which validations go, a few at a time. */
  validations: Gate;
  /** Of the request, in the log and in its answer's header `x-request-id`. */
  requestId: string;
  /** Whose subscriptions and exports are counted together. */
  client: string;
};

/** Scalars cost nothing, an object 1; a list of objects says itself how many it may have, which a test looks after. */
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
  // The first one is asked first: whoever may not do something is not told what is wrong with its arguments.
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

/** What somebody is told who may not do something. */
export const forbidden = ({ name, role }: Caller, wanted: Role): LedgerError =>
  new LedgerError("FORBIDDEN", `${name} has the role ${role}: this takes a token of role ${wanted}`);

/** The most that was wanted of a caller, of the scopes that failed. */
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

builder.queryType({ description: "What the ledger knows.", authScopes: { viewer: true } });
builder.mutationType({
  description: "Starts, pauses, resumes and cancels jobs; for operators, and some of it for admins.",
  authScopes: { operator: true },
});
builder.subscriptionType({
  authScopes: { viewer: true },
  description: "Jobs as they go on, as server-sent events (`Accept: text/event-stream`).",
});

builder.scalarType("Date", {
  description: "A calendar date, YYYY-MM-DD, as the league's own calendar counts days.",
  serialize: String,
  parseValue: (value) => {
    if (typeof value === "string" && isDate(value)) return value;
    throw new LedgerError(
      "BAD_USER_INPUT",
      `${JSON.stringify(value)} is not a date; allowed: a date that exists, as YYYY-MM-DD`,
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
      `${JSON.stringify(value)} is not an instant; allowed: RFC 3339, as 2025-04-01T12:00:00.000Z`,
    );
  },
});

builder.scalarType("JSON", { description: "Any JSON value.", serialize: (value) => value });

/** An enum whose every value says what it means. */
export function describedEnum<Value extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Value, string>>,
) {
  const described = Object.entries<string>(meanings).map(([value, meaning]) => [value, { description: meaning }]);
  const values = Object.fromEntries(described) as Record<Value, { description: string }>;
  return builder.enumType<string, Record<Value, { description: string }>>(name, { description, values });
}
