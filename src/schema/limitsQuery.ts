import { complexityFromQuery } from "@pothos/plugin-complexity";
import { SECOND } from "../clock.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { LIMITS } from "./limits.ts";
import { ORDINARY_DOCUMENTS } from "./ordinaryDocuments.ts";

type DocumentCost = { name: string; document: string; complexity: number };
const DocumentCostRef = builder.objectRef<DocumentCost>("DocumentCost").implement({
  description: "A typical document and its cost.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "What the document asks for, in words." }),
    document: t.exposeString("document", { description: "The text of the document." }),
    complexity: t.exposeInt("complexity", {
      description: "The cost of the document, in the unit of `Limits.complexity`.",
    }),
  }),
});

const LimitsRef = builder.objectRef<typeof LIMITS>("Limits").implement({
  description:
    "Limits on requests. Unless a field names another error, a request beyond a limit fails with LIMIT_EXCEEDED and nothing of it is done.",
  fields: (t) => ({
    tokens: t.exposeInt("tokens", { description: "Lexical tokens of a document: names, values and punctuation." }),
    rootFields: t.exposeInt("rootFields", { description: "Fields at the root of an operation." }),
    aliases: t.exposeInt("aliases", { description: "Aliases of a document." }),
    directives: t.exposeInt("directives", { description: "Directives of a document." }),
    depth: t.exposeInt("depth", { description: "Levels of nested fields." }),
    breadth: t.exposeInt("breadth", { description: "Fields of a document, including those of fragments." }),
    complexity: t.exposeInt("complexity", {
      description:
        "Cost of a document: the objects that it returns, counting lists and pages at full length, plus a hundredth of the rows that are read. Scalars are free.",
    }),
    page: t.exposeInt("page", {
      description:
        "Entries per page, unless the argument `first` allows more. Asking for more fails with BAD_USER_INPUT.",
    }),
    ids: t.exposeInt("ids", { description: "Ids in one argument. More fail with BAD_USER_INPUT." }),
    executionSeconds: t.float({
      description: "Seconds that a query may take. After that it fails with TIMEOUT.",
      resolve: ({ executionMs }) => executionMs / SECOND,
    }),
    validations: t.exposeInt("validations", {
      description: "Validations that one process runs at once. Others wait; if too many wait, they fail with BUSY.",
    }),
    exportsPerClient: t.exposeInt("exportsPerClient", {
      description: "Exports that one client may have open. One more is refused with status 429.",
    }),
    exports: t.exposeInt("exports", {
      description: "Exports that one process may have open. One more is refused with status 503.",
    }),
    body: t.exposeInt("body", { description: "Bytes of a request's body. More are refused with status 413." }),
    url: t.exposeInt("url", { description: "Characters of a request's URL. More are refused with status 414." }),
    headers: t.exposeInt("headers", {
      description: "Characters of all headers of a request. More are refused with status 431.",
    }),
    refusedDocuments: t.exposeInt("refusedDocuments", {
      description:
        "Refused documents of one client within ten seconds. After that, documents not known to be valid are refused unread with status 429.",
    }),
    guesses: t.exposeInt("guesses", {
      description: "Unknown tokens from one address within a minute. Further ones are refused with status 429.",
    }),
    subscriptionsPerClient: t.exposeInt("subscriptionsPerClient", {
      description: "Subscriptions that one client may have open. One more is refused with status 429.",
    }),
    subscriptions: t.exposeInt("subscriptions", {
      description: "Subscriptions that one process may have open. One more is refused with status 503.",
    }),
    unfinishedJobs: t.exposeInt("unfinishedJobs", {
      description: "Unfinished jobs that one caller may have. Jobs that schedules start do not count.",
    }),
    schedules: t.exposeInt("schedules", { description: "Schedules that an environment may have." }),
    documents: t.field({
      type: [DocumentCostRef],
      complexity: list(Object.keys(ORDINARY_DOCUMENTS).length),
      description: "Typical documents and the cost of each.",
      resolve: (_, __, context, { schema }) =>
        Object.entries(ORDINARY_DOCUMENTS).map(([name, document]) => {
          const { complexity } = complexityFromQuery(document, { schema, variables: {}, ctx: context });
          return { name, document, complexity };
        }),
    }),
  }),
});

builder.queryField("limits", (t) =>
  t.field({
    type: LimitsRef,
    description: "Limits on requests, and the cost of typical documents.",
    resolve: () => LIMITS,
  }),
);
