import {
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
} from "graphql";
import { describe, expect, it } from "vitest";
import { ROLES, type Role } from "../../src/config/roles.ts";
import { schema } from "../../src/schema/index.ts";
import { openLedger } from "../support/ledger.ts";

const TOKENS = "vic:viewer:viewer-token-012345,ann:operator:operator-token-0123,adi:admin:admin-token-01234567";
const TOKEN: Readonly<Record<Role, string>> = {
  viewer: "viewer-token-012345",
  operator: "operator-token-0123",
  admin: "admin-token-01234567",
};

type Rule = Partial<Record<Role, boolean>>;
const ruleOf = ({ extensions }: { extensions: object }): Rule | undefined =>
  (extensions as { pothosOptions?: { authScopes?: Rule } }).pothosOptions?.authScopes;
/** Returns the highest role that the rules of a field and of its type require. */
const roleOf = (rules: readonly (Rule | undefined)[]): Role | undefined =>
  ROLES.findLast((role) => rules.some((rule) => rule?.[role]));

const ROOTS = () => {
  const built = schema();
  return [built.getQueryType(), built.getMutationType(), built.getSubscriptionType()].flatMap((root) =>
    root ? [root] : [],
  );
};

/** Fields that require a higher role than the other fields of Query or Mutation. */
const HIGHER: Readonly<Record<string, Role>> = {
  "Query.myLeagues": "operator",
  "Query.apiTokens": "admin",
  "Query.webhooks": "admin",
  "Mutation.addWebhook": "admin",
  "Mutation.removeWebhook": "admin",
  "Mutation.testWebhook": "admin",
  "Mutation.createApiToken": "admin",
  "Mutation.revokeApiToken": "admin",
  "Mutation.connectYahoo": "admin",
  "Mutation.disconnectYahoo": "admin",
};
const USUAL: Readonly<Record<string, Role>> = { Query: "viewer", Mutation: "operator", Subscription: "viewer" };

/** Returns a valid value of a type, as GraphQL text. */
function some(type: GraphQLInputType): string {
  if (isNonNullType(type)) return some(type.ofType);
  if (isListType(type)) return `[${some(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? "";
  if (isInputObjectType(type)) {
    const wanted = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) && field.default === undefined,
    );
    return `{ ${wanted.map(({ name, type: inner }) => `${name}: ${some(inner)}`).join(", ")} }`;
  }
  if (isScalarType(type) && type.name === "Date") return '"2025-04-01"';
  if (isScalarType(type) && type.name === "DateTime") return '"2025-04-01T00:00:00Z"';
  return type.name === "Int" || type.name === "Float" ? "1" : type.name === "Boolean" ? "true" : '"demo.l.1"';
}

const callOf = ({ name, args }: GraphQLField<unknown, unknown>): string => {
  const wanted = args.filter((arg) => isNonNullType(arg.type) && arg.default === undefined);
  const given = wanted.length === 0 ? "" : `(${wanted.map((arg) => `${arg.name}: ${some(arg.type)}`).join(", ")})`;
  return `${name}${given} { __typename }`;
};

describe("root fields", () => {
  const fields = ROOTS().flatMap((root) =>
    Object.values(root.getFields()).map((field) => ({ path: `${root.name}.${field.name}`, root, field })),
  );

  it.each(fields)("include $path, which declares the expected role", ({ path, root, field }) => {
    const role = roleOf([ruleOf(root), ruleOf(field)]);
    expect(role, `${path} has no rule`).toBeDefined();
    expect(role).toBe(HIGHER[path] ?? USUAL[root.name]);
  });

  it("refuse a caller with a lower role before the resolver runs, and name the required role", async () => {
    const ledger = await openLedger({ env: { API_TOKENS: TOKENS } });
    const before = ledger.statements.length;
    for (const { path, root, field } of fields) {
      const wanted = HIGHER[path] ?? USUAL[root.name] ?? "admin";
      for (const role of ROLES.slice(0, ROLES.indexOf(wanted))) {
        const query = `${root.name.toLowerCase()} { ${callOf(field)} }`;
        const { errors } = await ledger.ask(query, {}, { authorization: `Bearer ${TOKEN[role]}` });
        expect({ path, role, errors: errors?.map(({ extensions }) => extensions?.code) }).toEqual({
          ...{ path, role },
          errors: ["FORBIDDEN"],
        });
        expect(errors?.[0]?.message).toMatch(
          new RegExp(`, whose role is ${role}\\. Use a token with the role \\w+\\.$`),
        );
      }
    }
    expect(ledger.statements.slice(before)).toEqual([]);
    expect(ledger.yahoo.requests).toEqual([]);
  });
});

it("a role may use everything that the lower roles may use", async () => {
  const ledger = await openLedger({ env: { API_TOKENS: TOKENS } });
  for (const role of ROLES) {
    const { data } = await ledger.ask(
      "{ viewer { role } leagues { key } }",
      {},
      { authorization: `Bearer ${TOKEN[role]}` },
    );
    expect(data?.viewer.role).toBe(role.toUpperCase());
  }
  const start = 'mutation { startUpdate(input: { leagueKey: "demo.l.1", lookbackDays: 1 }) { created } }';
  expect((await ledger.ask(start, {}, { authorization: `Bearer ${TOKEN.admin}` })).data?.startUpdate.created).toBe(
    true,
  );
});
