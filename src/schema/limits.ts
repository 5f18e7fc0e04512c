import { SECOND } from "../clock.ts";
import { UNFINISHED_JOBS } from "../jobs/create.ts";
import { SCHEDULES } from "../schedules/edit.ts";

/** Limits on requests. A document that exceeds a limit for documents is refused with LIMIT_EXCEEDED before any resolver runs. */
export const LIMITS = {
  /** Lexical tokens in a document: names, values and punctuation. */
  tokens: 1_000,
  /** Fields at the root of one operation, including the fields of its fragments. */
  rootFields: 20,
  aliases: 30,
  directives: 20,
  /** Objects that an introspection query may return, estimated from the size of the schema. */
  introspection: 100_000,
  /** Levels of nested fields. */
  depth: 15,
  /** Fields in a document, including the fields of its fragments. */
  breadth: 200,
  /** Cost of a document: the objects that it returns, plus a hundredth of the rows that are read for it. */
  complexity: 12_000,
  /** Milliseconds that a query may take. */
  executionMs: 10 * SECOND,
  /** How many validations one process runs at the same time, and how many further validations may wait. */
  validations: 2,
  validationsWaiting: 40,
  /** Exports that may be open: per client, and per process. */
  exportsPerClient: 5,
  exports: 20,
  /** Bytes in the body of a request, characters in the URL of a request, and characters in all headers of a request together. */
  body: 100_000,
  url: 8_000,
  headers: 16_000,
  /**
   * How many refused documents one client may send within ten seconds. A client at the limit may send only documents that the server
   * already knows to be valid.
   */
  refusedDocuments: 50,
  /** How many unknown tokens one address may send within a minute. An address that sends more unknown tokens has to wait. */
  guesses: 20,
  /** Subscriptions that may be open: per client, and per process. */
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
