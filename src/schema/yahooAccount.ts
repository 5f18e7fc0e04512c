import { saveProbe } from "../db/health.ts";
import { type Connected, connectYahoo } from "../jobs/connect.ts";
import type { AccountState, BegunLogin } from "../source/yahoo/account.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

const AccountStateEnum = describedEnum<AccountState["state"]>(
  "YahooAccountState",
  "Whether the ledger may read leagues at Yahoo.",
  {
    NO_APPLICATION: "YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET are not set.",
    NOT_CONNECTED: "Nobody has logged in: connectYahoo, or `lineups login yahoo`.",
    CONNECTED: "It has tokens, of a login or of YAHOO_REFRESH_TOKEN.",
    REFUSED: "Yahoo refuses its tokens: somebody has to log in.",
    LOCKED: "Its tokens are sealed with another ENCRYPTION_KEY than this server has.",
  },
);

const AccountRef = builder.objectRef<AccountState>("YahooAccount").implement({
  description: "The account that the ledger reads leagues at Yahoo with. Its tokens are never shown.",
  fields: (t) => ({
    state: t.expose("state", { type: AccountStateEnum }),
    connectedAt: t.expose("connectedAt", {
      type: "DateTime",
      nullable: true,
      description: "When somebody logged in; null where the tokens are those of YAHOO_REFRESH_TOKEN.",
    }),
    refreshedAt: t.expose("refreshedAt", {
      type: "DateTime",
      nullable: true,
      description: "When its tokens were renewed last.",
    }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "For people: what Yahoo said when it refused the tokens.",
    }),
  }),
});

const FaultRef = builder.objectRef<NonNullable<Connected["fault"]>>("YahooFault").implement({
  description: "Why Yahoo does not answer although somebody has logged in.",
  fields: (t) => ({
    code: t.exposeString("code", { description: "As `JobError.code`: SOURCE_APP_NOT_APPROVED, as a rule." }),
    message: t.exposeString("message", { description: "For people, with what to do." }),
  }),
});

type Payload = { begun: BegunLogin | null; connected: Connected | null };

const ConnectPayload = builder.objectRef<Payload>("ConnectYahooPayload").implement({
  description: "A login that was begun, or one that has ended.",
  fields: (t) => ({
    authorizationUrl: t.string({
      nullable: true,
      description: "Where a person allows the ledger to read their leagues; null once that is done.",
      resolve: ({ begun }) => begun?.authorizationUrl ?? null,
    }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Until when the answer is taken: ten minutes.",
      resolve: ({ begun }) => begun?.expiresAt ?? null,
    }),
    account: t.field({
      type: AccountRef,
      description: "As it is now.",
      resolve: (_, __, { deps }) => deps.sources.yahooAccount.state(),
    }),
    fault: t.field({
      type: FaultRef,
      nullable: true,
      description: "What keeps Yahoo from answering all the same; null when it answers, or before the login has ended.",
      resolve: ({ connected }) => connected?.fault ?? null,
    }),
    resumedJobs: t.field({
      type: [JobRef],
      complexity: list(10),
      description:
        "The jobs that Yahoo's refusal had paused, and that go on; a job that a person has paused is not among them.",
      resolve: ({ connected }) => connected?.resumed ?? [],
    }),
  }),
});

builder.queryField("yahooAccount", (t) =>
  t.field({
    type: AccountRef,
    description:
      "The account that the ledger reads leagues at Yahoo with, as far as the ledger knows; Yahoo is not asked.",
    resolve: (_, __, { deps }) => deps.sources.yahooAccount.state(),
  }),
);

builder.mutationFields((t) => ({
  connectYahoo: t.field({
    type: ConnectPayload,
    authScopes: { admin: true },
    description:
      "Logs in to Yahoo, in two steps: without an answer it says where a person has to go; with the answer that Yahoo gives there it keeps the tokens, encrypted, and resumes the jobs that had to wait for it. Errors: BAD_USER_INPUT, ILLEGAL_STATE where no application or no ENCRYPTION_KEY is configured, SOURCE_UNAUTHORIZED.",
    args: {
      answer: t.arg.string({
        description: "The address that Yahoo has led to, whole, or the code that it has shown. Null: begin a login.",
      }),
    },
    resolve: async (_, { answer }, context): Promise<Payload> => {
      const by = context.caller.name;
      const { deps, signal } = context;
      if (answer === null || answer === undefined)
        return { begun: await deps.sources.yahooAccount.begin(), connected: null };
      return { begun: null, connected: await connectYahoo(deps, deps.sources.yahooAccount, { answer, by, signal }) };
    },
  }),
  disconnectYahoo: t.field({
    type: AccountRef,
    authScopes: { admin: true },
    description:
      "Forgets the tokens of Yahoo. What was collected stays; YAHOO_REFRESH_TOKEN, where it is set, is used again from then on.",
    resolve: async (_, __, context) => {
      await context.deps.sources.yahooAccount.disconnect();
      await saveProbe(context.deps.db, "YAHOO", [], context.deps.clock.now());
      return context.deps.sources.yahooAccount.state();
    },
  }),
}));
