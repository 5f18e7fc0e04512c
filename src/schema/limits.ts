import { SECOND } from "../clock.ts";
import { UNFINISHED_JOBS } from "../jobs/create.ts";
import { SCHEDULES } from "../schedules/edit.ts";

/** Limits on requests. A document beyond its limits is refused with LIMIT_EXCEEDED before a resolver runs. */
export const LIMITS = {
  /** Lexical tokens of a document: names, values and punctuation. */
  tokens: 1_000,
  /** Fields at the root of one operation, including those of fragments. */
  rootFields: 20,
  aliases: 30,
  directives: 20,
  /** Objects that an introspection query may return, estimated from the size of the schema. */
  introspection: 100_000,
  /** Levels of nested fields. */
  depth: 15,
  /** Fields of a document, including those of fragments. */
  breadth: 200,
  /** Cost of a document: the objects that it returns, plus a hundredth of the rows that are read for it. */
  complexity: 12_000,
  /** Milliseconds that a query may take. */
  executionMs: 10 * SECOND,
  /** Validations that one process runs at once, and how many more may wait. */
  validations: 2,
  validationsWaiting: 40,
  /** Open exports per client and per process. */
  exportsPerClient: 5,
  exports: 20,
  /** Bytes of a request's body, characters of its URL, and characters of all its headers. */
  body: 100_000,
  url: 8_000,
  headers: 16_000,
  /** Refused documents of one client within ten seconds. Beyond that, only documents known to be valid are read. */
  refusedDocuments: 50,
  /** Unknown tokens from one address within a minute. Beyond that, the address has to wait. */
  guesses: 20,
  /** Open subscriptions per client and per process. */
  subscriptionsPerClient: 20,
  subscriptions: 10_000,
  unfinishedJobs: UNFINISHED_JOBS,
  schedules: SCHEDULES,
  /** Entries per page. */
  page: 100,
  /** Ids that one argument may list. */
  ids: 250,
  /** Events per page. */
  events: 500,
} as const;
