/** Typical documents of clients, by name. Each document costs far less than the limit. */
export const ORDINARY_DOCUMENTS: Readonly<Record<string, string>> = {
  "A page of jobs": `{ jobs(first: 50) { totalCount nodes { id status leagueKey startDate endDate recordsInserted progress { percent } } } }`,
  "A job with each of its dates": `{ job(id: "latest") { id status dates { date status reason error { code message } } checkpoint { currentDate } } }`,
  "Job statistics": `{ jobStatistics { totalJobs successRate requests durationSeconds { p50 p95 } dateDurationSeconds { p50 p95 } } }`,
  "A season's coverage": `{ league(key: "458.l.6966") { name coverage { percent missingDates ranges { start end state reason } } } }`,
  "A league's lineups of three dates": `{ lineups(leagueKey: "458.l.6966", start: "2025-04-01", end: "2025-04-03", first: 60) { pageInfo { endCursor hasNextPage }
  nodes { date provisional team { name } slots { selectedPosition player { id name } playerTeam playerStatus } } } }`,
  "The latest corrections": `{ lineupChanges(leagueKey: "458.l.6966", first: 50) { hasMore cursor changes { date kind team { name } player { name } fromPosition toPosition } } }`,
  "A player's season": `{ playerUsage(leagueKey: "458.l.6966", playerId: "9002", start: "2025-03-27", end: "2025-09-28") { daysStarted daysBenched startPercent
  byPosition { position days } timeline { date state position team { name } } } }`,
  "A team's season": `{ teamSummary(teamKey: "458.l.6966.t.1", start: "2025-03-27", end: "2025-09-28") { daysCollected playersUsed lineupChanges
  benchDaysByPosition { position days } } }`,
  "A season's validation": `{ validation(leagueKey: "458.l.6966", start: "2025-03-27", end: "2025-09-28") { valid errors warnings recordsChecked
  findings(first: 100) { severity code message date teamKey } } }`,
  "Page: a team's season, slot by slot": `{ teamGrid(teamKey: "458.l.6966.t.1", start: "2025-03-27", end: "2025-09-28") { team { id name } rows { position number use
  stretches { start end days state player { id name } daysHealthy daysInjured daysNotSeen } } }
  rosterMoves(leagueKey: "458.l.6966", teamKey: "458.l.6966.t.1", start: "2025-03-27", end: "2025-09-28", kind: [IN, OUT], first: 50) {
    nodes { date kind player { id name } fromPosition toPosition otherTeam { id name } } pageInfo { hasNextPage endCursor } }
  teamSummary(teamKey: "458.l.6966.t.1", start: "2025-03-27", end: "2025-09-28") { daysCollected lineupChanges playersUsed playersAdded benchDaysByPosition { position days } } }`,
  "Page: a league's season, date by date": `{ league(key: "458.l.6966") { id name season teams { id name } coverage { percent missingDates
  cells { date state reason teams teamsExpected job { id } activeStatus } } jobs(first: 10) { nodes { id kind status startedBy progress { percent } } }
  schedules { id name enabled nextRuns(first: 1) } } viewer { name role } }`,
  "Page: a day of a league": `{ lineups(leagueKey: "458.l.6966", start: "2025-06-01", end: "2025-06-01", first: 20) { nodes { id date provisional team { id name }
  slots { selectedPosition player { id name } playerTeam playerStatus observedSameDay } } }
  dailySummary(leagueKey: "458.l.6966", date: "2025-06-01") { started benched inactive } }`,
  "How many days each catcher started": `{ playerUsages(leagueKey: "458.l.6966", start: "2025-03-27", end: "2025-09-28", position: "C", first: 50) {
  nodes { player { id name club } daysStarted daysBenched byPosition { position days } } } }`,
  "Schedules and their decisions": `{ schedules { id name cron enabled nextRuns(first: 3) decisions(first: 20) { scheduledFor outcome reason jobId } } }`,
};
