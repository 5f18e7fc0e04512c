import * as v from "valibot";
import { createToken, endToken } from "../access/tokens.ts";
import type { Role } from "../config/roles.ts";
import { listTokens, type StoredToken } from "../db/apiTokens.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { RoleEnum } from "./viewer.ts";

/**
 * Assumed number of tokens, more than an installation is expected to have. The cost of the list is computed from the assumed number of
 * tokens.
 */
const MANY = 100;

const ApiTokenRef = builder.objectRef<StoredToken>("ApiToken").implement({
  description:
    "A token created with `createApiToken`. The token itself was shown once; the ledger keeps only its hash.",
  fields: (t) => ({
    id: t.exposeID("id", { description: "Id of this record, for `revokeApiToken`; not the token itself." }),
    name: t.exposeString("name", {
      description: "Name under which the token's actions are recorded, for example in `JobEvent.by`.",
    }),
    role: t.field({
      type: RoleEnum,
      description: "Role of the token: what it may do.",
      resolve: ({ role }) => role.toUpperCase() as Uppercase<Role>,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    createdBy: t.exposeString("createdBy", { description: "Name of the caller who created the token." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When the token expires; null if it never does.",
    }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of the token's last use, accurate to the minute; null if it was never used.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the token was revoked; null if it was not.",
    }),
    revokedBy: t.exposeString("revokedBy", {
      nullable: true,
      description: "Name of the caller who revoked the token; null if it was not revoked.",
    }),
  }),
});

const CreatedRef = builder.objectRef<{ token: string; stored: StoredToken }>("CreateApiTokenPayload").implement({
  description: "A new token.",
  fields: (t) => ({
    token: t.exposeString("token", {
      description:
        "The token, which is shown only this once. Send the token in the header `Authorization`, as `Bearer TOKEN`.",
    }),
    apiToken: t.expose("stored", {
      type: ApiTokenRef,
      description: "The stored record of the token, without the token itself.",
    }),
  }),
});

const CreateInput = builder.inputType("CreateApiTokenInput", {
  description: "The token to create.",
  fields: (t) => ({
    name: t.string({
      required: true,
      validate: v.pipe(
        v.string(),
        v.regex(/^[^\s:,]{1,100}$/, "expected 1 to 100 characters without spaces, colons or commas"),
      ),
      description:
        "1 to 100 characters without spaces, colons or commas. Must differ from every other name in use, ignoring case.",
    }),
    role: t.field({ type: RoleEnum, required: true, description: "Role of the token: what it may do." }),
    expiresAt: t.field({
      type: "DateTime",
      description: "When the token expires; must be in the future. If null, the token never expires.",
    }),
  }),
});

builder.queryField("apiTokens", (t) =>
  t.field({
    type: [ApiTokenRef],
    authScopes: { admin: true },
    complexity: list(MANY),
    description:
      "Tokens created through the API, newest first, including expired and revoked tokens. The tokens in API_TOKENS are not listed.",
    resolve: (_, __, { deps }) => listTokens(deps.db),
  }),
);

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreatedRef,
    authScopes: { admin: true },
    description:
      "Creates a token. The token is shown only this once. Only servers with API_TOKENS require a token. Fails with BAD_USER_INPUT.",
    args: { input: t.arg({ type: CreateInput, required: true }) },
    resolve: (_, { input: { name, role, expiresAt } }, { deps, caller }) =>
      createToken(deps, { name, role: role.toLowerCase() as Role, expiresAt: expiresAt ?? null }, caller.name),
  }),
  revokeApiToken: t.field({
    type: ApiTokenRef,
    authScopes: { admin: true },
    description:
      "Revokes a token. Other processes may accept the token for up to five more seconds. Fails with NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "The token's id, as in `ApiToken.id`." }) },
    resolve: (_, { id }, { deps, caller }) => endToken(deps, id, caller.name),
  }),
}));
