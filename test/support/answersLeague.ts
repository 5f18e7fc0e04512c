import type { Ledger } from "./ledger.ts";

export const KEY = "458.l.100";

/** Returns the requested dates in sorted order, because two requests run at once and either may arrive first. */
export const rosters = ({ yahoo }: Ledger) =>
  yahoo.requests
    .filter((path) => path.includes("/roster;"))
    .map((path) => path.slice(-10))
    .sort();

export const coverage = async ({ data }: Ledger, args = "") =>
  (
    await data(
      `{ league(key: "${KEY}") { coverage${args} { start end percent missingDates counts { state dates } ranges { start end state reason } } } }`,
    )
  ).league.coverage;

export const UPDATE =
  "mutation ($input: StartUpdateInput!) { startUpdate(input: $input) { created job { id kind startDate endDate } } }";

export const BACKFILL =
  "mutation ($input: StartBackfillInput!) { startBackfill(input: $input) { created job { id } jobs { id kind leagueKey startDate endDate } } }";
