import { complexityFromQuery } from "@pothos/plugin-complexity";
import { SECOND } from "../clock.ts";
import { builder } from "./builder.ts";
import { list } from "./costs.ts";
import { LIMITS } from "./limits.ts";
import { ORDINARY_DOCUMENTS } from "./ordinaryDocuments.ts";

type DocumentCost = { name: string; document: string; complexity: number };
const DocumentCostRef = builder.objectRef<DocumentCost>("DocumentCost").implement({
  description: "An ordinary document and what it costs.",
  fields: (t) => ({
    name: t.exposeString("name", { description: "What it asks for." }),
    document: t.exposeString("document", { description: "Its text." }),
    complexity: t.exposeInt("complexity", { description: "Its cost, to be compared with `Limits.complexity`." }),
  }),
});

const LimitsRef = builder.objectRef<typeof LIMITS>("Limits").implement({
  description: "What one request may ask for; beyond it the answer is LIMIT_EXCEEDED, and nothing of it is done.",
  fields: (t) => ({
    tokens: t.exposeInt("tokens", { description: "Names, values and punctuation of a document." }),
    rootFields: t.exposeInt("rootFields", { description: "Fields at the root of an operation." }),
    aliases: t.exposeInt("aliases", { description: "Aliases of a document." }),
    directives: t.exposeInt("directives", { description: "Directives of a document." }),
    depth: t.exposeInt("depth", { description: "Fields below each other." }),
    breadth: t.exposeInt("breadth", { description: "Fields of a document, those of fragments included." }),
    complexity: t.exposeInt("complexity", {
      description:
        "Cost of a document: the objects that it returns, lists and pages at their full length, plus a hundredth of the rows that are read for it. Scalars cost nothing.",
    }),
    page: t.exposeInt("page", { description: "Entries of a page." }),
    ids: t.exposeInt("ids", { description: "Ids that one argument may list." }),
    executionSeconds: t.float({
      description: "Seconds that a query may take; then it is given up with the code TIMEOUT.",
      resolve: ({ executionMs }) => executionMs / SECOND,
    }),
    validations: t.exposeInt("validations", { description: "Validations that a process runs at once; others wait." }),
    exportsPerClient: t.exposeInt("exportsPerClient", { description: "Exports that one client may have open." }),
    exports: t.exposeInt("exports", { description: "Exports that a process has open at once." }),
    body: t.exposeInt("body", { description: "Bytes of a request's body; more is refused with status 413." }),
    url: t.exposeInt("url", { description: "Characters of an address; more is refused with status 414." }),
    headers: t.exposeInt("headers", { description: "Characters of all headers; more is refused with status 431." }),
    refusedDocuments: t.exposeInt("refusedDocuments", {
      description:
        "Documents of one client that were refused within ten seconds; then one that the server has not found good before is refused unread, with status 429.",
    }),
    guesses: t.exposeInt("guesses", {
      description: "Tokens that are not known, of one address in a minute; further ones are refused with status 429.",
    }),
    subscriptionsPerClient: t.exposeInt("subscriptionsPerClient", {
      description: "Subscriptions that one client may have open; one more is refused with status 429.",
    }),
    subscriptions: t.exposeInt("subscriptions", {
      description: "Subscriptions that a process has open at once; one more is refused with status 503.",
    }),
    unfinishedJobs: t.exposeInt("unfinishedJobs", {
      description: "Unfinished jobs that one caller may have; those that a schedule starts do not count.",
    }),
    schedules: t.exposeInt("schedules", { description: "Schedules that an environment may have." }),
    documents: t.field({
      type: [DocumentCostRef],
      complexity: list(Object.keys(ORDINARY_DOCUMENTS).length),
      description: "Ten ordinary documents and what each costs.",
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
    description: "What one request may ask for, and what ordinary documents cost.",
    resolve: () => LIMITS,
  }),
);
