import { type GraphQLSchema, isEnumType, isInputObjectType, isIntrospectionType, isObjectType } from "graphql";

/** Descriptions by name, for every field, argument and enum value without a description of its own. `Type.name` takes precedence. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  // arguments and identity
  environment: "PRODUCTION or TEST; their jobs and lineups never mix.",
  leagueKey:
    "Key of the league, for example 458.l.6966. Arguments also accept an alias or the address of the league's page.",
  teamKey: "Key of the team, for example 458.l.6966.t.3.",
  jobId: "Id of the job.",
  key: "Key at the source, for example 458.l.6966 for a league and 458.l.6966.t.3 for a team.",
  id: "Unique id.",
  name: "The name that the source gave last.",
  input: "The input of the operation. The input's type describes the fields.",
  // dates and times
  date: "The date, in the league's calendar.",
  start: "First date of the range.",
  end: "Last date of the range.",
  startDate: "First date of the range or season.",
  endDate: "Last date of the range or season.",
  currentDate: "The first date that is not done yet; null if every date is done or the job has finished.",
  at: "When it happened.",
  timestamp: "When the checkpoint was last written.",
  createdAt: "The time of creation.",
  resumeAt: "Time at which a WAITING job continues; null in any other status.",
  collectedAt: "When the source was asked for the lineup.",
  detectedAt: "When the difference was found.",
  // Counts. A record is one player's slot on one date.
  recordsProcessed:
    "Number of records that the source returned, whether inserted, updated or unchanged. " +
    "For a verification, number of checked records.",
  recordsInserted: "Number of records that were new.",
  recordsUpdated: "Number of records that had changed.",
  recordsUnchanged: "Number of records that were already stored with the same content.",
  recordsRemoved: "Number of records that the source no longer returns; not counted in `recordsProcessed`.",
  requests: "Number of requests made to sources.",
  retries: "Number of requests that repeated an earlier request.",
  itemsProcessed: "Number of team-days that are done.",
  datesCompleted: "Number of dates that are DONE.",
  datesFailed: "Number of dates that are FAILED.",
  datesToCollect: "Number of dates that would be collected.",
  teamDaysChecked: "Number of team-days (one team on one date) that were checked.",
  totalJobs: "Number of jobs, whatever their status.",
  completedJobs: "Number of jobs that are COMPLETED.",
  failedJobs: "Number of jobs that are FAILED.",
  pausedJobs: "Number of jobs that are PAUSED.",
  cancelledJobs: "Number of jobs that are CANCELLED.",
  players: "Number of players.",
  started: "Number of players in a starting slot.",
  benched: "Number of players on the bench.",
  inactive: "Number of players in IL, IR, DL and NA slots.",
  daysRostered: "Number of days on a team of the league.",
  daysStarted: "Number of days in a starting slot.",
  daysBenched: "Number of days on the bench.",
  daysCollected: "Number of days with a stored lineup.",
  errors: "Number of findings that are errors.",
  warnings: "Number of findings that are warnings.",
  p50: "50th percentile in seconds: half of the measured durations are this long or shorter.",
  p95: "95th percentile in seconds: 95 of 100 measured durations are this long or shorter.",
  p99: "99th percentile in seconds: 99 of 100 measured durations are this long or shorter.",
  // Descriptions of states, kinds and links
  status: "Status of the job.",
  "JobDate.status": "What the job has done with the date.",
  "CoverageCell.state": "How completely the date's lineups are stored.",
  "CoverageCount.state": "The state of the counted dates.",
  "CoverageRange.state": "How completely the lineups of these dates are stored.",
  "PlayerDay.state": "What the player did on the date.",
  "YahooAccount.state": "Whether the ledger can read leagues with the account.",
  "Job.kind": "What the job was started for.",
  "LineupChange.kind": "Whether the player was added, removed or moved.",
  "RosterMove.kind": "Whether the player joined the team, left it or changed slots.",
  type: "What happened.",
  action: "What the job would do with the date.",
  severity: "How serious the finding is.",
  progress: "How far the job has come.",
  job: "The job.",
  team: "The team.",
  source: "The source that the lineups come from.",
  fromPosition: "The player's slot before the change; null for ADDED.",
  toPosition: "The player's slot after the change; null for REMOVED.",
  eligiblePositions: "Positions for which the player was eligible when the source was asked.",
  cursor: "Place in the list. Pass the cursor as `after` to get the entries that follow.",
  edges: "The page's entries, each with its cursor.",
  nodes: "The page's entries.",
  node: "The entry.",
  pageInfo: "The page's place in the list.",
  hasNextPage: "Whether the list has entries after this page.",
  hasPreviousPage: "Whether the list has entries before this page.",
  startCursor: "Cursor of the page's first entry; null on an empty page.",
  endCursor: "Cursor of the page's last entry; null on an empty page. Pass the cursor as `after` to get the next page.",
  // values
  PRODUCTION: "The real data.",
  TEST: "Separate data for trying things out.",
  PAUSE: "Stop once the date in progress is finished; the job can be resumed later.",
  CANCEL: "Stop for good once the date in progress is finished.",
  ERROR: "The data is wrong or missing.",
  WARNING: "The data looks odd; somebody should check it.",
  COLLECT: "The date would be collected.",
  SKIP: "The date would be skipped.",
  ADDED: "The player was added to the lineup.",
  REMOVED: "The player was removed from the lineup.",
  MOVED: "The player moved to another slot.",
  YAHOO: "Yahoo Fantasy.",
  ESPN: "ESPN Fantasy.",
  DEMO: "The demo league that comes with Lineup Ledger.",
  "JobDateStatus.PENDING": "Not done yet.",
  "JobDateStatus.RUNNING": "In progress.",
  "JobDateStatus.DONE":
    "The date was collected. A date for which the source has no lineups is also DONE. " +
    "In a verification, DONE means that the date was checked.",
  "JobDateStatus.FAILED": "The date could not be collected; resuming the job retries the date.",
  "JobDateStatus.SKIPPED": "The job left out the date; `reason` says why.",
  "JobEventType.CREATED": "The job was created.",
  "JobEventType.STARTED": "A worker claimed the queued job.",
  "JobEventType.DATE_COMPLETED": "One of the job's dates is DONE.",
  "JobEventType.DATE_FAILED": "A date could not be collected.",
  "JobEventType.WAITING": "The job waits because its source accepts no requests for a while.",
  "JobEventType.PAUSE_REQUESTED": "Somebody asked for a pause.",
  "JobEventType.PAUSED": "The job is paused until somebody resumes it.",
  "JobEventType.RESUMED": "The job continues: it was resumed, its wait ended, or a requested pause was withdrawn.",
  "JobEventType.CANCEL_REQUESTED": "Somebody asked for a cancellation.",
  "JobEventType.CANCELLED": "The job was cancelled for good.",
  "JobEventType.COMPLETED": "Every date is done.",
  "JobEventType.FAILED": "The job ended although not all of its dates are done; `message` says why.",
  "JobEventType.RECOVERED": "The job's worker had disappeared; another worker took over the job.",
  "JobEventType.HEARTBEAT": "Nothing happened for ten seconds. A HEARTBEAT is not recorded.",
};

/** Describes every field, argument and enum value that has no description of its own; see {@link DESCRIPTIONS}. */
export function addDescriptions(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    const say = (member: { name: string; description?: string | null | undefined }) => {
      member.description ??= DESCRIPTIONS[`${type.name}.${member.name}`] ?? DESCRIPTIONS[member.name];
    };
    if (isEnumType(type)) type.getValues().forEach(say);
    if (!isObjectType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      say(field);
      if ("args" in field) field.args.forEach(say);
    }
  }
  return schema;
}
