import type { Live } from "./live.ts";
import type { Page, Setting } from "./page.ts";
import { address, type Route } from "./route.ts";
import { Nowhere } from "./ui.tsx";
import { FirstLeague } from "./views/firstLeague.tsx";
import { JobPage } from "./views/job.tsx";
import { Jobs } from "./views/jobs.tsx";
import { AddLeague } from "./views/leagues.tsx";
import { Lineups, NewestLineups } from "./views/lineups.tsx";
import { PlayerPage, Players } from "./views/players.tsx";
import { Schedules } from "./views/schedules.tsx";
import { Season } from "./views/season.tsx";
import { Sources } from "./views/sources.tsx";
import { TeamPage, Teams } from "./views/teams.tsx";

type Props = {
  /** Undefined while the ledger does not know the league. */
  page: Page | undefined;
  setting: Setting;
  route: Route;
  live: Live;
  onAdded: () => Promise<void>;
};

/** Views that have nothing to show before the season's first day. */
const WITHIN_SEASON: ReadonlySet<Route["view"]> = new Set(["lineups", "players", "teams"]);

/** Whether a view shows a league; false for the views of a job and of the sources. */
export const needsLeague = ({ view, id }: Route): boolean => view !== "sources" && !(view === "jobs" && id !== null);

/** Shows the view that the address names. */
export function View({ page, setting, route, live, onAdded }: Props) {
  const { view, id } = route;
  if (view === null) return <Nowhere title="There is no such page" />;
  if (view === "sources") return <Sources setting={setting} onAdded={onAdded} />;
  if (view === "jobs" && id) return <JobPage id={id} setting={setting} live={live} />;
  if (view === "jobs") return <Jobs setting={setting} league={page?.league ?? null} route={route} live={live} />;
  if (!page) return <NoLeague setting={setting} wanted={route.query.get("league")} onAdded={onAdded} />;
  if (WITHIN_SEASON.has(view) && page.lastDate < page.firstDate)
    return <Nowhere title={`The season begins on ${page.firstDate}`}>Until then there are no lineups.</Nowhere>;
  switch (view) {
    case "season":
      return <Season page={page} route={route} live={live} onAdded={onAdded} />;
    case "lineups":
      return id ? <Lineups page={page} date={id} /> : <NewestLineups page={page} />;
    case "players":
      return id ? <PlayerPage id={id} page={page} /> : <Players page={page} route={route} />;
    case "teams":
      return id ? <TeamPage id={id} page={page} /> : <Teams page={page} />;
    case "schedules":
      return <Schedules page={page} />;
  }
}

type NoLeagueProps = { setting: Setting; wanted: string | null; onAdded: () => Promise<void> };

/** Stands in for a league's view while the ledger does not know the league. */
function NoLeague({ setting: { isOperator }, wanted, onAdded }: NoLeagueProps) {
  if (wanted === null) return <FirstLeague isOperator={isOperator} onAdded={onAdded} />;
  return (
    <Nowhere title={`The ledger does not know league ${wanted}`}>
      <a href={address("season", null, { league: null })}>Go to a league that it knows</a>
      {isOperator && <AddLeague onAdded={onAdded} />}
    </Nowhere>
  );
}
