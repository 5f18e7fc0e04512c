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
    "Limits on requests. A request that exceeds a limit is refused and changes nothing. " +
    "The error is LIMIT_EXCEEDED unless the field's description names another error.",
  fields: (t) => ({
    tokens: t.exposeInt("tokens", {
      description: "Largest number of lexical tokens in a document: names, values and punctuation.",
    }),
    rootFields: t.exposeInt("rootFields", { description: "Largest number of fields at the root of an operation." }),
    aliases: t.exposeInt("aliases", { description: "Largest number of aliases in a document." }),
    directives: t.exposeInt("directives", { description: "Largest number of directives in a document." }),
    depth: t.exposeInt("depth", { description: "Largest number of levels to which fields may be nested." }),
    breadth: t.exposeInt("breadth", {
      description: "Largest number of fields in a document, including the fields of its fragments.",
    }),
    complexity: t.exposeInt("complexity", {
      description:
        "Largest cost of a document. " +
        "The cost is the number of objects that the document returns, plus a hundredth of the number of rows that are read. " +
        "Lists and pages are counted as if they were full. Scalars are free.",
    }),
    page: t.exposeInt("page", {
      description:
        "Largest number of entries per page, unless a list's argument `first` allows more. A larger page is refused with BAD_USER_INPUT.",
    }),
    ids: t.exposeInt("ids", {
      description: "Largest number of ids in one argument. A longer list is refused with BAD_USER_INPUT.",
    }),
    executionSeconds: t.float({
      description: "Largest number of seconds that a query may take. A query that takes longer fails with TIMEOUT.",
      resolve: ({ executionMs }) => executionMs / SECOND,
    }),
    validations: t.exposeInt("validations", {
      description:
        "Largest number of validations that one process runs at the same time. Further validations wait. " +
        "If too many validations are waiting, a new validation fails with BUSY.",
    }),
    exportsPerClient: t.exposeInt("exportsPerClient", {
      description:
        "Largest number of exports that one client may have open. At the limit, any further export is refused with status 429.",
    }),
    exports: t.exposeInt("exports", {
      description:
        "Largest number of exports that one process may have open. At the limit, any further export is refused with status 503.",
    }),
    body: t.exposeInt("body", {
      description: "Largest size of a request's body, in bytes. A larger body is refused with status 413.",
    }),
    url: t.exposeInt("url", {
      description: "Largest length of a request's URL, in characters. A longer URL is refused with status 414.",
    }),
    headers: t.exposeInt("headers", {
      description:
        "Largest total length of a request's headers, in characters. Longer headers are refused with status 431.",
    }),
    refusedDocuments: t.exposeInt("refusedDocuments", {
      description:
        "Largest number of refused documents that one client may send within ten seconds. " +
        "At the limit, the client may send only documents that are already known to be valid; " +
        "any other document is refused unread, with status 429.",
    }),
    guesses: t.exposeInt("guesses", {
      description:
        "Largest number of unknown tokens that one address may send within a minute. " +
        "At the limit, the address gets status 429 for each further request with an unknown token.",
    }),
    subscriptionsPerClient: t.exposeInt("subscriptionsPerClient", {
      description:
        "Largest number of subscriptions that one client may have open. " +
        "At the limit, any further subscription is refused with status 429.",
    }),
    subscriptions: t.exposeInt("subscriptions", {
      description:
        "Largest number of subscriptions that one process may have open. " +
        "At the limit, any further subscription is refused with status 503.",
    }),
    unfinishedJobs: t.exposeInt("unfinishedJobs", {
      description:
        "Largest number of unfinished jobs that one caller may have. Jobs started by schedules are not counted.",
    }),
    schedules: t.exposeInt("schedules", { description: "Largest number of schedules in an environment." }),
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
