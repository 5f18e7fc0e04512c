import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { logIn, logOut, reached, unauthenticated } from "./api.ts";
import { HomeDocument, type LeagueRowFragment, OneLeagueDocument } from "./generated/documents.ts";
import { PAUSABLE } from "./jobs.ts";
import { Live, useLive } from "./live.ts";
import { DEMO, type Environment, type Page, type Role, type Setting } from "./page.ts";
import { useNowAndThen, useQuery } from "./query.ts";
import { address, go, type Route, useRoute, VIEWS } from "./route.ts";
import { Boundary, ErrorNote, Show, useAction } from "./ui.tsx";
import { needsLeague, View } from "./view.tsx";

type League = LeagueRowFragment;

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
  useEffect(() => unauthenticated.listen(() => setStranger(true)), []);
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
            const isKnown = await logIn(String(token));
            setWrong(!isKnown);
            if (isKnown) onEntry();
          });
        }}
      >
        <label>
          Token <input name="token" type="password" autoComplete="current-password" required />
        </label>
        <button type="submit" class="primary" aria-disabled={isBusy}>
          Log in
        </button>
        {isWrong && (
          <p class="note error" role="alert">
            The server does not know that token. Ask the server's administrator for a valid one.
          </p>
        )}
        {error && <ErrorNote error={error} />}
      </form>
    </main>
  );
}

/** Time, in milliseconds, after which the page reloads its leagues and their current dates. */
const HOME_MS = 3_600_000;

function Home() {
  const home = useQuery(HomeDocument, {});
  const { reload } = home;
  const asked = useRef(Date.now());
  useEffect(() => {
    const look = () => {
      if (document.visibilityState !== "visible" || Date.now() - asked.current < HOME_MS) return;
      asked.current = Date.now();
      void reload();
    };
    const timer = setInterval(look, HOME_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [reload]);
  return (
    <Show of={home}>
      {({ viewer, leagues }) => (
        <Ledger leagues={leagues ?? []} name={viewer?.name ?? ""} role={viewer?.role ?? "VIEWER"} onAdded={reload} />
      )}
    </Show>
  );
}

type LedgerProps = {
  leagues: League[];
  name: string;
  role: Role;
  onAdded: () => Promise<void>;
};

function Ledger({ leagues, name, role, onAdded }: LedgerProps) {
  const route = useRoute();
  const environment: Environment = /^test$/i.test(route.query.get("env") ?? "") ? "TEST" : "PRODUCTION";
  const live = useMemo(() => new Live(environment), [environment]);
  useEffect(() => () => live.close(), [live]);
  const wanted = route.query.get("league");
  // Without a league in the address, the page stays with the league that it first chose, whatever leagues are added later.
  const chosen = useRef<string | null>(null);
  const listed = leagueIn(wanted ?? chosen.current, leagues) ?? leagueIn(wanted, leagues);
  if (wanted === null) chosen.current = listed?.key ?? null;
  // The server may know a league that is not on the page's list, such as a previous season or a league just added.
  const other = useQuery(OneLeagueDocument, wanted !== null && !listed ? { key: wanted } : null);
  const league = listed ?? other.data?.league ?? undefined;
  const isNew = league !== undefined && !listed;
  useEffect(() => {
    if (isNew) void onAdded();
  }, [isNew, onAdded]);
  const isRefused = other.error !== null && other.error.code !== "NOT_FOUND";
  const isUnanswered = wanted !== null && !league && (other.data === null || isRefused);
  // The page may ask for a league before a job has made the league known.
  const askAgain = useNowAndThen(() => void other.reload());
  const listAgain = useNowAndThen(() => void onAdded());
  useLive(live, ({ status }) => {
    if (wanted !== null && !league) askAgain();
    if (!PAUSABLE.has(status)) listAgain();
  });
  const setting: Setting = { environment, isOperator: role !== "VIEWER", isAdmin: role === "ADMIN" };
  const page: Page | undefined = league && {
    ...setting,
    league: league.key,
    firstDate: league.startDate,
    lastDate: league.endDate < league.today ? league.endDate : league.today,
    seasonEnd: league.endDate,
  };
  useEffect(() => {
    const what = [route.id, route.view && TITLES[route.view], league?.name ?? "Lineup Ledger"];
    document.title = what.filter(Boolean).join(" – ");
  }, [route.view, route.id, league?.name]);
  useFocusOnViews(`${route.view} ${route.id}`, route.view);
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
        <Boundary key={`${route.view} ${route.id} ${needsLeague(route) && page?.league} ${environment}`}>
          {isUnanswered && needsLeague(route) ? (
            <Show of={other}>{() => null}</Show>
          ) : (
            <View page={page} setting={setting} route={route} live={live} onAdded={onAdded} />
          )}
        </Boundary>
      </main>
    </>
  );
}

/**
 * Moves the focus to the top of a new view, for keyboards and screen readers. Does not move the focus while the viewer goes from day to day
 * in the lineups.
 */
function useFocusOnViews(place: string, view: Route["view"]): void {
  const before = useRef({ place, view });
  useEffect(() => {
    const isTurned = before.current.view === "lineups" && view === "lineups";
    if (before.current.place !== place && !isTurned) document.getElementById("content")?.focus();
    before.current = { place, view };
  }, [place, view]);
}

type ChoiceProps = { leagues: League[]; league: League | undefined; route: Route; environment: Environment };

function LeagueChoice({ leagues, league, route, environment }: ChoiceProps) {
  const choose = (changes: Record<string, string | null>) => go(address(route.view ?? "season", null, changes));
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
  useEffect(() => reached.listen(setReached), []);
  const isOnline = isStreaming && isReached;
  return (
    <p class="who">
      <span class={`dot ${isOnline ? "on" : "off"}`} aria-hidden="true" />
      <span role="status">{isOnline ? "live" : "offline: the server cannot be reached; trying again"}</span>
      {name !== "anonymous" && (
        <>
          {" "}
          {name}{" "}
          <button type="button" class="link" onClick={() => void logOut()}>
            Log out
          </button>
        </>
      )}
    </p>
  );
}

/**
 * Returns the league with the key in the address. If the address has no key, returns the first league that is not the demo league, or the
 * demo league if the list has only that league.
 */
function leagueIn(wanted: string | null, leagues: readonly League[]): League | undefined {
  if (wanted !== null) return leagues.find(({ key }) => key === wanted);
  return leagues.find(({ key }) => key !== DEMO) ?? leagues[0];
}
