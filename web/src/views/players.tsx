import { useState } from "preact/hooks";
import { day, month, plural, words } from "../format.ts";
import { PlayerDocument, type PlayerQuery, PlayersDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { useQuery } from "../query.ts";
import { address, go, type Route } from "../route.ts";
import { Nowhere, Show } from "../ui.tsx";

const PAGE = 50;
type Day = NonNullable<PlayerQuery["playerUsage"]>["timeline"][number];

/** Lists all players the league ever had, with a search by any part of the name. */
export function Players({ page, route }: { page: Page; route: Route }) {
  const search = route.query.get("q");
  const [after, before] = [route.query.get("after"), route.query.get("before")];
  const found = useQuery(PlayersDocument, {
    key: page.league,
    search,
    environment: page.environment,
    first: before ? null : PAGE,
    after,
    last: before ? PAGE : null,
    before,
  });
  return (
    <>
      <header class="title">
        <h1>Players</h1>
        <label>
          Any part of a name{" "}
          <input
            type="search"
            value={search ?? ""}
            onInput={(e) =>
              go(address("players", null, { q: (e.target as HTMLInputElement).value || null }), { isReplacing: true })
            }
          />
        </label>
      </header>
      <Show of={found}>
        {({ playersConnection: players }) => (
          <>
            {players?.nodes.length === 0 && (
              <p class="note">No players found. Try another name, or collect dates first.</p>
            )}
            <ul class="list wide">
              {players?.nodes.map((player) => (
                <li key={player.id}>
                  <a href={address("players", player.sourceId)}>{player.name}</a>{" "}
                  <small>{[player.club, player.positions.join(", ")].filter(Boolean).join(" · ")}</small>
                </li>
              ))}
            </ul>
            <nav class="row" aria-label="Pages">
              {players?.pageInfo.hasPreviousPage && (
                <a href={address("players", null, { q: search, before: players.pageInfo.startCursor ?? null })}>
                  Previous
                </a>
              )}
              {players?.pageInfo.hasNextPage && (
                <a href={address("players", null, { q: search, after: players.pageInfo.endCursor ?? null })}>Next</a>
              )}
            </nav>
          </>
        )}
      </Show>
    </>
  );
}

/** Shows one player's season as a strip with one mark for each day. */
export function PlayerPage({ id, page }: { id: string; page: Page }) {
  const found = useQuery(PlayerDocument, {
    key: page.league,
    id,
    start: page.firstDate,
    end: page.lastDate,
    environment: page.environment,
  });
  return (
    <Show of={found}>
      {({ playerUsage: usage }) =>
        usage ? (
          <>
            <header class="title">
              <h1>
                {usage.player.name}{" "}
                <small>{[usage.player.club, usage.player.positions.join(", ")].filter(Boolean).join(" · ")}</small>
              </h1>
              <p>
                Started on {plural(usage.daysStarted, "day")} of {usage.daysRostered}, {usage.startPercent.toFixed(0)}{" "}
                %; benched on {usage.daysBenched}, inactive on {usage.daysInactive}.
              </p>
            </header>
            <Strip days={usage.timeline} />
            <section class="panel">
              <h2>Slots</h2>
              <p>{usage.byPosition.map(({ position, days }) => `${position} ${days}`).join(", ") || "none"}</p>
            </section>
          </>
        ) : (
          <Nowhere title="This league has no such player">
            <a href={address("players")}>Go to all players</a>
          </Nowhere>
        )
      }
    </Show>
  );
}

function Strip({ days }: { days: readonly Day[] }) {
  const [shown, setShown] = useState<Day | null>(null);
  const states = [...new Set(days.map(({ state }) => state))];
  return (
    <>
      <ol class="strip" aria-label="Each day of the season">
        {days.map((each) => (
          <li key={each.date}>
            <a
              class={`use ${each.state}`}
              href={address("lineups", each.date)}
              title={told(each)}
              onPointerEnter={() => setShown(each)}
              onFocus={() => setShown(each)}
            >
              <span class="hidden">{told(each)}</span>
            </a>
            {each.date.endsWith("-01") && (
              <span class="month" aria-hidden="true">
                {month(each.date)}
              </span>
            )}
          </li>
        ))}
      </ol>
      <ul class="legend" aria-label="States">
        {states.map((state) => (
          <li key={state}>
            <span class={`use ${state}`} aria-hidden="true" /> {words(state)}
          </li>
        ))}
      </ul>
      <p aria-live="polite">{shown ? told(shown) : "Each mark is a day. Open one to see its lineups."}</p>
    </>
  );
}

const told = ({ date, state, position, team }: Day): string =>
  `${day(date)}: ${words(state)}${position ? ` at ${position}` : ""}${team ? `, ${team.name}` : ""}`;
