import * as v from "valibot";
import { createToken, endToken } from "../access/tokens.ts";
import type { Role } from "../config/roles.ts";
import { listTokens, type StoredToken } from "../db/apiTokens.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { RoleEnum } from "./viewer.ts";

/** More than an installation has. */
const MANY = 100;

const ApiTokenRef = builder.objectRef<StoredToken>("ApiToken").implement({
  description: "A token that was made through the API; the token itself was shown once, and is not kept.",
  fields: (t) => ({
    id: t.exposeID("id"),
    name: t.exposeString("name", { description: "Whom job log and changes name." }),
    role: t.field({
      type: RoleEnum,
      description: "What it may do.",
      resolve: ({ role }) => role.toUpperCase() as Uppercase<Role>,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime" }),
    createdBy: t.exposeString("createdBy", { description: "Who made it." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "From then on it is not accepted; null: for ever.",
    }),
    lastUsedAt: t.expose("lastUsedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was used last, to the minute; null where it never was.",
    }),
    revokedAt: t.expose("revokedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it was revoked; null while it is accepted.",
    }),
    revokedBy: t.exposeString("revokedBy", { nullable: true, description: "Who revoked it." }),
  }),
});

const CreatedRef = builder.objectRef<{ token: string; stored: StoredToken }>("CreateApiTokenPayload").implement({
  description: "A token that was made.",
  fields: (t) => ({
    token: t.exposeString("token", {
      description: "What requests are sent with, as `Authorization: Bearer TOKEN`. It is shown this once.",
    }),
    apiToken: t.expose("stored", { type: ApiTokenRef, description: "What is kept of it." }),
  }),
});

const CreateInput = builder.inputType("CreateApiTokenInput", {
  description: "Which token to make.",
  fields: (t) => ({
    name: t.string({
      required: true,
      validate: v.pipe(
        v.string(),
        v.regex(/^[^\s:,]{1,100}$/, "expected 1 to 100 characters without blanks, colons and commas"),
      ),
      description: "1 to 100 characters without blanks, colons and commas; no other token in use has it.",
    }),
    role: t.field({ type: RoleEnum, required: true, description: "What it may do." }),
    expiresAt: t.field({ type: "DateTime", description: "From then on it is not accepted; null: for ever." }),
  }),
});

builder.queryField("apiTokens", (t) =>
  t.field({
    type: [ApiTokenRef],
    authScopes: { admin: true },
    complexity: list(MANY),
    description: "Tokens that were made through the API, the newest first; those of API_TOKENS are not among them.",
    resolve: (_, __, { deps }) => listTokens(deps.db),
  }),
);

builder.mutationFields((t) => ({
  createApiToken: t.field({
    type: CreatedRef,
    authScopes: { admin: true },
    description:
      "Makes a token, and shows it this once. It counts on servers that want tokens: those with API_TOKENS. Errors: BAD_USER_INPUT.",
    args: { input: t.arg({ type: CreateInput, required: true }) },
    resolve: (_, { input: { name, role, expiresAt } }, { deps, caller }) =>
      createToken(deps, { name, role: role.toLowerCase() as Role, expiresAt: expiresAt ?? null }, caller.name),
  }),
  revokeApiToken: t.field({
    type: ApiTokenRef,
    authScopes: { admin: true },
    description: "Revokes a token; other processes accept it for five seconds more at the most. Errors: NOT_FOUND.",
    args: { id: t.arg.id({ required: true, description: "Its id." }) },
    resolve: (_, { id }, { deps, caller }) => endToken(deps, id, caller.name),
  }),
}));
