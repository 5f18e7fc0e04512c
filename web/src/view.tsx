import type { Live } from "./live.ts";
import type { Environment, Page, Role } from "./page.ts";
import type { Route } from "./route.ts";
import { Nowhere } from "./ui.tsx";
import { FirstLeague } from "./views/firstLeague.tsx";
import { JobPage } from "./views/job.tsx";
import { Jobs } from "./views/jobs.tsx";
import { Lineups, NewestLineups } from "./views/lineups.tsx";
import { PlayerPage, Players } from "./views/players.tsx";
import { Schedules } from "./views/schedules.tsx";
import { Season } from "./views/season.tsx";
import { Sources } from "./views/sources.tsx";
import { TeamPage, Teams } from "./views/teams.tsx";

type Props = {
  page: Page | undefined;
  route: Route;
  live: Live;
  environment: Environment;
  role: Role;
  onAdded: () => Promise<void>;
};

/** Views that have nothing to show before the season's first day. */
const WITHIN_SEASON: ReadonlySet<Route["view"]> = new Set(["lineups", "players", "teams"]);

/** Shows the view that the address names. */
export function View({ page, route, live, environment, role, onAdded }: Props) {
  const { view, id } = route;
  const isOperator = role !== "VIEWER";
  if (view === null) return <Nowhere title="There is no such page" />;
  if (view === "sources")
    return <Sources environment={environment} isOperator={isOperator} isAdmin={role === "ADMIN"} onAdded={onAdded} />;
  if (!page) return <FirstLeague isOperator={isOperator} onAdded={onAdded} />;
  if (WITHIN_SEASON.has(view) && page.lastDate < page.firstDate)
    return <Nowhere title={`The season begins on ${page.firstDate}`}>Until then there are no lineups.</Nowhere>;
  switch (view) {
    case "season":
      return <Season page={page} route={route} live={live} onAdded={onAdded} />;
    case "jobs":
      return id ? <JobPage id={id} page={page} live={live} /> : <Jobs page={page} route={route} live={live} />;
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
