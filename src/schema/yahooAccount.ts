import { saveProbe } from "../db/health.ts";
import { type Connected, connectYahoo } from "../jobs/connect.ts";
import type { AccountState, BegunLogin } from "../source/yahoo/account.ts";
import { builder, describedEnum } from "./builder.ts";
import { list } from "./costs.ts";
import { JobRef } from "./job.ts";

const AccountStateEnum = describedEnum<AccountState["state"]>(
  "YahooAccountState",
  "Whether the ledger may read leagues from Yahoo.",
  {
    NO_APPLICATION: "YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET are not set.",
    NOT_CONNECTED: "Nobody has logged in. Log in with `connectYahoo` or `lineups login yahoo`.",
    CONNECTED: "The ledger has tokens, either from a login or from YAHOO_REFRESH_TOKEN.",
    REFUSED: "Yahoo refuses the tokens. Somebody has to log in.",
    LOCKED: "The tokens are encrypted with an ENCRYPTION_KEY that differs from this server's.",
  },
);

const AccountRef = builder.objectRef<AccountState>("YahooAccount").implement({
  description: "The Yahoo account with which the ledger reads leagues. The account's tokens are never shown.",
  fields: (t) => ({
    state: t.expose("state", { type: AccountStateEnum }),
    connectedAt: t.expose("connectedAt", {
      type: "DateTime",
      nullable: true,
      description: "Time of the login; null if nobody has logged in, or if the tokens come from YAHOO_REFRESH_TOKEN.",
    }),
    refreshedAt: t.expose("refreshedAt", {
      type: "DateTime",
      nullable: true,
      description: "When the tokens were last renewed; null if they never were.",
    }),
    reason: t.exposeString("reason", {
      nullable: true,
      description:
        "If the state is REFUSED, what Yahoo answered; if the state is LOCKED, how to unlock the tokens. Null unless the state is REFUSED or LOCKED.",
    }),
  }),
});

const FaultRef = builder.objectRef<NonNullable<Connected["fault"]>>("YahooFault").implement({
  description: "Why Yahoo does not answer after a successful login.",
  fields: (t) => ({
    code: t.exposeString("code", { description: "A code as in `JobError.code`, usually SOURCE_APP_NOT_APPROVED." }),
    message: t.exposeString("message", {
      description: "Explanation of the fault, with advice on what to do, for people to read.",
    }),
  }),
});

type Payload = { begun: BegunLogin | null; connected: Connected | null };

const ConnectPayload = builder.objectRef<Payload>("ConnectYahooPayload").implement({
  description: "A login that was begun or completed.",
  fields: (t) => ({
    authorizationUrl: t.string({
      nullable: true,
      description: "The address where a person allows the ledger to read their leagues; null if `answer` was given.",
      resolve: ({ begun }) => begun?.authorizationUrl ?? null,
    }),
    expiresAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "Time at which the login expires, ten minutes after its start; null if `answer` was given.",
      resolve: ({ begun }) => begun?.expiresAt ?? null,
    }),
    account: t.field({
      type: AccountRef,
      description: "The account as it is now.",
      resolve: (_, __, { deps }) => deps.sources.yahooAccount.state(),
    }),
    fault: t.field({
      type: FaultRef,
      nullable: true,
      description: "Why Yahoo does not answer after the login; null if Yahoo answers, or if the login is not complete.",
      resolve: ({ connected }) => connected?.fault ?? null,
    }),
    resumedJobs: t.field({
      type: [JobRef],
      complexity: list(10),
      description:
        "Jobs that were paused because Yahoo refused access, and that now continue. Jobs paused by a person stay paused.",
      resolve: ({ connected }) => connected?.resumed ?? [],
    }),
  }),
});

builder.queryField("yahooAccount", (t) =>
  t.field({
    type: AccountRef,
    description:
      "What is stored about the Yahoo account with which the ledger reads leagues. Sends no request to Yahoo.",
    resolve: (_, __, { deps }) => deps.sources.yahooAccount.state(),
  }),
);

builder.mutationFields((t) => ({
  connectYahoo: t.field({
    type: ConnectPayload,
    authScopes: { admin: true },
    description:
      "Logs in to Yahoo in two steps. The first call, without `answer`, returns the address where a person has to log in. " +
      "The second call, with `answer`, stores the tokens in encrypted form and resumes the jobs that were " +
      "waiting for a login. Fails with BAD_USER_INPUT or SOURCE_UNAUTHORIZED. Fails with ILLEGAL_STATE if no Yahoo " +
      "application is set up, or if ENCRYPTION_KEY is not set.",
    args: {
      answer: t.arg.string({
        description:
          "The full address to which Yahoo redirected, or the code that Yahoo showed. If null, a login begins.",
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
      "Deletes the Yahoo tokens. Collected data stays. After the deletion, the ledger uses " +
      "YAHOO_REFRESH_TOKEN again if this variable is set. Fails with ILLEGAL_STATE if no Yahoo application is set up.",
    resolve: async (_, __, context) => {
      await context.deps.sources.yahooAccount.disconnect();
      await saveProbe(context.deps.db, "YAHOO", [], context.deps.clock.now());
      return context.deps.sources.yahooAccount.state();
    },
  }),
}));
