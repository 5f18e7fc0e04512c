export const START = `mutation ($input: StartCollectionInput!) { startCollection(input: $input) { created job { id status } } }`;

/** The fields of a schedule and of its newest decisions. */
const SCHEDULE = `id name enabled cron timezone overlap catchUp lookbackDays leagueKey environment nextRuns(first: 3) lastRunAt queuedFor
  decisions(first: 100) { scheduledFor scheduledUntil trigger decidedAt outcome jobId reason job { id status } }`;
export const GET_SCHEDULE = `query ($id: ID!) { schedule(id: $id) { ${SCHEDULE} } }`;
export const CREATE_SCHEDULE = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { schedule { ${SCHEDULE} } } }`;
export const UPDATE_SCHEDULE = `mutation ($input: UpdateScheduleInput!) { updateSchedule(input: $input) { schedule { ${SCHEDULE} } } }`;
export const TRIGGER_SCHEDULE = `mutation ($id: ID!) { triggerSchedule(id: $id) { created job { id kind metadata } } }`;
