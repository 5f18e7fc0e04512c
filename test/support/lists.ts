export const LINEUPS = `query ($first: Int!, $after: String) {
  lineups(leagueKey: "458.l.100", start: "2025-04-01", end: "2025-04-05", first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { date team { key name leagueKey } provisional jobId collectedAt
      slots { player { id: sourceId name } selectedPosition positionType eligiblePositions playerTeam playerStatus observedSameDay jobId } } }
  }
}`;
