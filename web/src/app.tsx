import { useEffect, useMemo, useState } from "preact/hooks";
import { logIn, logOut, whenReached, whenUnauthenticated } from "./api.ts";
import { HomeDocument, type HomeQuery } from "./generated/documents.ts";
import { Live, useLive } from "./live.ts";
import { DEMO, type Environment } from "./page.ts";
import { address, go, type Route, useRoute, VIEWS } from "./route.ts";
import { ErrorNote, Show, useAction, useQuery } from "./ui.tsx";
import { FirstLeague } from "./views/firstLeague.tsx";
import { JobPage } from "./views/job.tsx";
import { Jobs } from "./views/jobs.tsx";
import { Lineups, NewestLineups } from "./views/lineups.tsx";
import { PlayerPage, Players } from "./views/players.tsx";
import { Schedules } from "./views/schedules.tsx";
import { Season } from "./views/season.tsx";
import { Sources } from "./views/sources.tsx";
import { TeamPage, Teams } from "./views/teams.tsx";

type League = NonNullable<HomeQuery["leagues"]>[number];

const TITLES: Readonly<Record<(typeof VIEWS)[number], string>> = {
  season: "Season",
  jobs: "Jobs",
  lineups: "Lineups",
  players: "Players",
  teams: "Teams",
  schedules: "Schedules",
  sources: "Sources",
};

export function App() {
  const [isStranger, setStranger] = useState(false);
  useEffect(() => whenUnauthenticated(() => setStranger(true)), []);
  return isStranger ? <Login onEntry={() => setStranger(false)} /> : <Home />;
}

function Login({ onEntry }: { onEntry: () => void }) {
  const [isWrong, setWrong] = useState(false);
  const { run, isBusy, error } = useAction();
  return (
    <main class="login">
      <h1>Lineup Ledger</h1>
      <p>Every daily lineup, collected once, right, and traceable for ever.</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const token = new FormData(event.currentTarget).get("token");
          run(async () => {
            if (await logIn(String(token))) onEntry();
            else setWrong(true);
          });
        }}
      >
        <label>
          Token <input name="token" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" class="primary" disabled={isBusy}>
          Log in
        </button>
        {isWrong && (
          <p class="note error" role="alert">
            The server does not know that token. Whoever runs it has it, as one of API_TOKENS.
          </p>
        )}
        {error && <ErrorNote error={error} />}
      </form>
    </main>
  );
}

function Home() {
  const home = useQuery(HomeDocument, {});
  return (
    <Show of={home}>
      {({ viewer, leagues }) => (
        <Ledger
          leagues={leagues ?? []}
          name={viewer?.name ?? ""}
          isOperator={viewer?.role === "OPERATOR" || viewer?.role === "ADMIN"}
          isAdmin={viewer?.role === "ADMIN"}
          onAdded={home.reload}
        />
      )}
    </Show>
  );
}

type LedgerProps = {
  leagues: League[];
  name: string;
  isOperator: boolean;
  isAdmin: boolean;
  onAdded: () => Promise<unknown>;
};

function Ledger({ leagues, name, isOperator, isAdmin, onAdded }: LedgerProps) {
  const route = useRoute();
  const environment: Environment = route.query.get("env") === "TEST" ? "TEST" : "PRODUCTION";
  const live = useMemo(() => new Live(environment), [environment]);
  const league = leagueIn(route, leagues);
  const page = league && {
    league: league.key,
    environment,
    isOperator,
    firstDate: league.startDate,
    lastDate: league.endDate < league.today ? league.endDate : league.today,
  };
  useEffect(() => {
    document.title = `${TITLES[route.view]} – ${league?.name ?? "Lineup Ledger"}`;
  }, [route.view, league?.name]);
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar-top">
        <a class="brand" href={address("season")}>
          Lineup Ledger
        </a>
        <nav aria-label="Views">
          {VIEWS.map((view) => (
            <a href={address(view)} aria-current={route.view === view ? "page" : undefined} key={view}>
              {TITLES[view]}
            </a>
          ))}
        </nav>
        <LeagueChoice leagues={leagues} league={league} route={route} environment={environment} />
        <Who name={name} live={live} />
      </header>
      <main id="content" tabIndex={-1}>
        {!page && route.view !== "sources" && <FirstLeague isOperator={isOperator} onAdded={onAdded} />}
        {page && route.view === "season" && (
          <Season page={page} route={route} live={live} onAdded={onAdded} key={`${page.league} ${environment}`} />
        )}
        {page && route.view === "jobs" && route.id && <JobPage id={route.id} page={page} live={live} key={route.id} />}
        {page && route.view === "jobs" && !route.id && <Jobs page={page} route={route} live={live} />}
        {page && route.view === "lineups" && route.id && <Lineups page={page} date={route.id} />}
        {page && route.view === "lineups" && !route.id && (
          <NewestLineups page={page} key={`${page.league} ${environment}`} />
        )}
        {page && route.view === "players" && route.id && <PlayerPage id={route.id} page={page} key={route.id} />}
        {page && route.view === "players" && !route.id && <Players page={page} route={route} />}
        {page && route.view === "teams" && route.id && <TeamPage id={route.id} page={page} key={route.id} />}
        {page && route.view === "teams" && !route.id && <Teams page={page} />}
        {page && route.view === "schedules" && <Schedules page={page} />}
        {route.view === "sources" && (
          <Sources environment={environment} isOperator={isOperator} isAdmin={isAdmin} onAdded={onAdded} />
        )}
      </main>
    </>
  );
}

type ChoiceProps = { leagues: League[]; league: League | undefined; route: Route; environment: Environment };

function LeagueChoice({ leagues, league, route, environment }: ChoiceProps) {
  const choose = (changes: Record<string, string | null>) => go(address(route.view, null, changes));
  return (
    <form class="row" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">League</span>
        <select value={league?.key ?? ""} onChange={(e) => choose({ league: (e.target as HTMLSelectElement).value })}>
          {leagues.map(({ key, name, season }) => (
            <option value={key} key={key}>
              {name} {season}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="hidden">Environment</span>
        <select
          value={environment}
          onChange={(e) => choose({ env: (e.target as HTMLSelectElement).value === "TEST" ? "TEST" : null })}
        >
          <option value="PRODUCTION">production</option>
          <option value="TEST">test</option>
        </select>
      </label>
    </form>
  );
}

function Who({ name, live }: { name: string; live: Live }) {
  const isStreaming = useLive(live);
  const [isReached, setReached] = useState(true);
  useEffect(() => whenReached(setReached), []);
  const isOnline = isStreaming && isReached;
  return (
    <p class="who">
      <span class={`dot ${isOnline ? "on" : "off"}`} aria-hidden="true" />
      <span role="status">{isOnline ? "live" : "offline: the server cannot be reached; trying again"}</span>
      {name !== "anonymous" && (
        <>
          {" "}
          {name}{" "}
          <button type="button" class="link" onClick={() => void logOut().then(() => location.reload())}>
            Log out
          </button>
        </>
      )}
    </p>
  );
}

function leagueIn({ query }: Route, leagues: readonly League[]): League | undefined {
  const wanted = query.get("league");
  return leagues.find(({ key }) => key === wanted) ?? leagues.find(({ key }) => key !== DEMO) ?? leagues[0];
}
