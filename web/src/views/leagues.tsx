import { useState } from "preact/hooks";
import { ask } from "../api.ts";
import { plural } from "../format.ts";
import {
  AddLeagueDocument,
  ConnectYahooDocument,
  MyLeaguesDocument,
  type MyLeaguesQuery,
  type SourcesQuery,
} from "../generated/documents.ts";
import { address, go } from "../route.ts";
import { ErrorNote, useAction } from "../ui.tsx";

type Mine = NonNullable<MyLeaguesQuery["myLeagues"]>;
type Account = NonNullable<SourcesQuery["yahooAccount"]>;

/** Adds a league and goes to its season. */
async function add(key: string, onAdded: () => Promise<void>): Promise<void> {
  const { addLeague } = await ask(AddLeagueDocument, { key });
  await onAdded();
  go(address("season", null, { league: addLeague.key }));
}

/** Adds a league by its key or its page's address and goes to its season. @param onAdded Called before the season is shown. */
export function AddLeague({ onAdded }: { onAdded: () => Promise<void> }) {
  const { run, isBusy, error } = useAction();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const key = String(new FormData(event.currentTarget).get("key"));
        run(() => add(key, onAdded));
      }}
    >
      <p class="row">
        <label class="grows">
          League key, or address of the league's page at ESPN or Yahoo{" "}
          <input
            name="key"
            required
            maxLength={300}
            placeholder="https://fantasy.espn.com/baseball/league?leagueId=…"
          />
        </label>
        <button type="submit" aria-disabled={isBusy}>
          {isBusy ? "Asking the source…" : "Add the league"}
        </button>
      </p>
      {error && <ErrorNote error={error} />}
    </form>
  );
}

type YahooProps = { account: Account; onConnected: () => void; onAdded: () => Promise<void> };

/** Logs in to Yahoo and lists the account's leagues. */
export function Yahoo({ account, onConnected, onAdded }: YahooProps) {
  const { run, isBusy, error } = useAction();
  const [login, setLogin] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [mine, setMine] = useState<Mine | null>(null);
  if (account.state === "NO_APPLICATION")
    return (
      <p class="small">
        Yahoo leagues need a Yahoo application. Set YAHOO_CLIENT_ID and YAHOO_CLIENT_SECRET on the server.
      </p>
    );
  if (account.state !== "CONNECTED")
    return (
      <>
        {login === null ? (
          <button
            type="button"
            aria-disabled={isBusy}
            onClick={() =>
              run(async () => {
                const { connectYahoo } = await ask(ConnectYahooDocument, { answer: null });
                setLogin(connectYahoo.authorizationUrl ?? null);
              })
            }
          >
            Log in to Yahoo
          </button>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const answer = String(new FormData(event.currentTarget).get("answer"));
              run(async () => {
                const { connectYahoo } = await ask(ConnectYahooDocument, { answer });
                setLogin(null);
                setFault(connectYahoo.fault?.message ?? null);
                onConnected();
              });
            }}
          >
            <ol>
              <li>
                <a href={login} target="_blank" rel="noreferrer">
                  Allow the ledger to read your leagues at Yahoo
                </a>{" "}
                (within ten minutes)
              </li>
              <li>
                <label>
                  Paste the code that Yahoo shows, or the address that it redirects to{" "}
                  <input name="answer" required autoComplete="off" />
                </label>
              </li>
            </ol>
            <button type="submit" class="primary" aria-disabled={isBusy}>
              Connect account
            </button>{" "}
            <button type="button" onClick={() => setLogin(null)}>
              Restart login
            </button>
          </form>
        )}
        {error && <ErrorNote error={error} />}
      </>
    );
  return (
    <>
      {fault && <p class="note error">{fault}</p>}
      <button
        type="button"
        aria-disabled={isBusy}
        onClick={() => run(async () => setMine((await ask(MyLeaguesDocument, {})).myLeagues ?? null))}
      >
        List my leagues at Yahoo
      </button>
      {error && <ErrorNote error={error} />}
      {mine && <MyLeagues mine={mine} onAdded={onAdded} />}
    </>
  );
}

function MyLeagues({ mine, onAdded }: { mine: Mine; onAdded: () => Promise<void> }) {
  const { run, isBusy, error } = useAction();
  return (
    <>
      {mine.leagues.length === 0 && mine.faults.length === 0 && <p>This account has no league with daily lineups.</p>}
      <ul class="list">
        {mine.leagues.map(({ key, name, sport, season, teams }) => (
          <li key={key} class="row">
            <span>
              <strong>{name}</strong> {season}, {sport}, {plural(teams, "team")}
            </span>
            <button
              type="button"
              aria-label={`Add ${name} ${season}`}
              aria-disabled={isBusy}
              onClick={() => run(() => add(key, onAdded))}
            >
              Add
            </button>
          </li>
        ))}
        {mine.faults.map(({ sport, season, message }) => (
          <li key={`${sport} ${season}`}>
            {sport} {season}: {message}
          </li>
        ))}
      </ul>
      {error && <ErrorNote error={error} />}
    </>
  );
}
