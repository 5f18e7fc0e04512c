import { SECOND } from "../clock.ts";
import { UNFINISHED_JOBS } from "../jobs/create.ts";
import { SCHEDULES } from "../schedules/edit.ts";

/** What one request may ask for. A request beyond any of these is refused with LIMIT_EXCEEDED before a resolver runs. */
export const LIMITS = {
  /** Lexical tokens of a document: names, values and punctuation. */
  tokens: 1_000,
  /** Fields of one operation's root, fragments included. */
  rootFields: 20,
  aliases: 30,
  directives: 20,
  /** Objects that an introspection may return, as estimated from the schema's size. */
  introspection: 100_000,
  /** Fields below each other. */
  depth: 15,
  /** Fields of a document, fragments included. */
  breadth: 200,
  /** Objects that a document returns plus a hundredth of the rows that are read for it. */
  complexity: 12_000,
  /** Milliseconds that a query may take. */
  executionMs: 10 * SECOND,
  /** Validations that run at once in a process; further ones wait, so many of them. */
  validations: 2,
  validationsWaiting: 40,
  /** Exports that are open at once, of one client and in a process. */
  exportsPerClient: 5,
  exports: 20,
  /** Bytes of a request's body, characters of its address, and of its headers. */
  body: 100_000,
  url: 8_000,
  headers: 16_000,
  /** Documents of a client that were refused within ten seconds, before those that are not known to be good are not read any more. */
  refusedDocuments: 50,
  /** Tokens that are not known, of one address in a minute, before it is told to wait. */
  guesses: 20,
  /** Subscriptions that are open at once, of one client and in a process. */
  subscriptionsPerClient: 20,
  subscriptions: 10_000,
  unfinishedJobs: UNFINISHED_JOBS,
  schedules: SCHEDULES,
  /** Entries of a page. */
  page: 100,
  /** Ids that one argument may list. */
  ids: 250,
  /** Events of a page. */
  events: 500,
} as const;
