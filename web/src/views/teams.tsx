import { daysBetween, plural, words } from "../format.ts";
import { TeamDocument, type TeamQuery, TeamsDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { useQuery } from "../query.ts";
import { address } from "../route.ts";
import { Scrolls, Show } from "../ui.tsx";

const range = (page: Page) => ({ start: page.firstDate, end: page.lastDate, environment: page.environment });

/** Sums up each team's season. */
export function Teams({ page }: { page: Page }) {
  const found = useQuery(TeamsDocument, { key: page.league, ...range(page) });
  return (
    <>
      <header class="title">
        <h1>Teams</h1>
      </header>
      <Show of={found}>
        {({ teamSummaries }) => (
          <>
            <Scrolls label="Team summaries">
              <table class="data">
                <thead>
                  <tr>
                    <th scope="col">Team</th>
                    <th scope="col">Days</th>
                    <th scope="col">Lineup changed</th>
                    <th scope="col">Players used</th>
                    <th scope="col">Added</th>
                    <th scope="col">Dropped</th>
                    <th scope="col">Held under a week</th>
                  </tr>
                </thead>
                <tbody>
                  {teamSummaries?.map((summary) => (
                    <tr key={summary.team.id}>
                      <th scope="row">
                        <a href={address("teams", summary.team.key)}>{summary.team.name}</a>
                      </th>
                      <td>{summary.daysCollected}</td>
                      <td>{summary.lineupChanges}</td>
                      <td>{summary.playersUsed}</td>
                      <td>{summary.playersAdded}</td>
                      <td>{summary.playersDropped}</td>
                      <td>{summary.playersHeldUnderAWeek}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scrolls>
          </>
        )}
      </Show>
    </>
  );
}

/** Shows one team: its slots through the season, the days of each player, and its roster moves. */
export function TeamPage({ id, page }: { id: string; page: Page }) {
  const found = useQuery(TeamDocument, { key: page.league, team: id, ...range(page) });
  return (
    <Show of={found}>
      {({ teamSummary: habits, teamGrid, playerUsages, rosterMoves }) =>
        teamGrid && (
          <>
            <header class="title">
              <h1>
                {teamGrid.team.name}
                {habits && (
                  <small>
                    {plural(habits.daysCollected, "day")}, lineup changed on {habits.lineupChanges};{" "}
                    {plural(habits.playersUsed, "player")} used, {habits.playersAdded} added, {habits.playersDropped}{" "}
                    dropped, {habits.playersHeldUnderAWeek} held under a week
                  </small>
                )}
              </h1>
              <a
                href={`/export/lineups.csv?${new URLSearchParams({ league: page.league, team: id, start: page.firstDate, end: page.lastDate, environment: page.environment })}`}
                download
              >
                Download season as CSV
              </a>
            </header>
            <section class="panel">
              <h2>Each slot through the season</h2>
              <p class="small">
                Full colour: who held the slot most. Faded: others. Blank: nobody, or not collected. Open a slot for the
                names.
              </p>
              {teamGrid.rows.map((row) => (
                <details key={`${row.position} ${row.number}`}>
                  <summary class="slot-row">
                    <span>
                      {row.position} {row.number > 1 && row.number}
                    </span>
                    <Stretches row={row} page={page} />
                  </summary>
                  <ul class="list">
                    {row.stretches.map((stretch) => (
                      <li key={stretch.start}>
                        {stretch.start === stretch.end ? stretch.start : `${stretch.start} to ${stretch.end}`} (
                        {plural(stretch.days, "day")}):{" "}
                        {stretch.player?.name ?? (stretch.state === "EMPTY" ? "nobody" : "not collected")}
                        {stretch.daysInjured > 0 && `, injured on ${plural(stretch.daysInjured, "day")}`}
                      </li>
                    ))}
                  </ul>
                </details>
              ))}
            </section>
            <div class="columns">
              <section class="panel">
                <h2>Days started, by player</h2>
                <Scrolls label="Days of each player">
                  <table class="data">
                    <thead>
                      <tr>
                        <th scope="col">Player</th>
                        <th scope="col">Started</th>
                        <th scope="col">Benched</th>
                        <th scope="col">Inactive</th>
                        <th scope="col">
                          <span class="hidden">Share of the season</span>
                        </th>
                      </tr>
                    </thead>
                    <tbody>
                      {playerUsages?.nodes.map((usage) => (
                        <tr key={usage.player.id}>
                          <th scope="row">
                            <a href={address("players", usage.player.sourceId)}>{usage.player.name}</a>{" "}
                            <small>{usage.eligiblePositions.join(", ")}</small>
                          </th>
                          <td>{usage.daysStarted}</td>
                          <td>{usage.daysBenched}</td>
                          <td>{usage.daysInactive}</td>
                          <td class="uses" aria-hidden="true">
                            <Uses usage={usage} of={daysBetween(page.firstDate, page.lastDate)} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </Scrolls>
              </section>
              <section class="panel">
                <h2>Roster moves</h2>
                <ul class="list">
                  {rosterMoves?.nodes.toReversed().map((move) => (
                    <li key={`${move.date} ${move.kind} ${move.player.id}`}>
                      <a href={address("lineups", move.date)}>{move.date}</a> {words(move.kind)}:{" "}
                      <a href={address("players", move.player.sourceId)}>{move.player.name}</a>
                      {move.otherTeam && ` ${move.kind === "IN" ? "from" : "to"} ${move.otherTeam.name}`}
                    </li>
                  ))}
                </ul>
                {rosterMoves?.nodes.length === 0 && <p>No roster moves.</p>}
                {rosterMoves?.pageInfo.hasPreviousPage && (
                  <p class="small">
                    These are the last 100 moves. <code>npx lineups moves</code> shows them all.
                  </p>
                )}
              </section>
            </div>
          </>
        )
      }
    </Show>
  );
}

type Row = NonNullable<TeamQuery["teamGrid"]>["rows"][number];

/** Draws which player held a slot on which days. The player who held the slot on the most days has full colour, and the others are pale. */
function Stretches({ row, page }: { row: Row; page: Page }) {
  const all = daysBetween(page.firstDate, page.lastDate);
  const filled = row.stretches.filter(({ state }) => state === "FILLED");
  const held = new Map<string, number>();
  for (const { player, days } of filled) if (player) held.set(player.id, (held.get(player.id) ?? 0) + days);
  const [most] = [...held].sort(([, a], [, b]) => b - a)[0] ?? [];
  return (
    <svg
      class={`stretches ${row.use}`}
      viewBox={`0 0 ${all} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${plural(filled.length, "stretch", "stretches")} of players`}
    >
      {filled.map(({ start, end, player, daysInjured }) => (
        <rect
          key={start}
          class={player?.id === most ? "most" : "others"}
          x={daysBetween(page.firstDate, start) - 1}
          width={daysBetween(start, end)}
          height={10}
        >
          <title>{`${start} to ${end}: ${player?.name}${daysInjured > 0 ? `, injured on ${plural(daysInjured, "day")}` : ""}`}</title>
        </rect>
      ))}
    </svg>
  );
}

type Usage = NonNullable<TeamQuery["playerUsages"]>["nodes"][number];

/** Draws a bar with the days on which a player was started, benched or inactive. The three parts have decreasing heights. */
function Uses({ usage: { daysStarted, daysBenched, daysInactive }, of }: { usage: Usage; of: number }) {
  return (
    <svg viewBox={`0 0 ${of} 10`} preserveAspectRatio="none">
      <title>{`Started on ${daysStarted}, benched on ${daysBenched}, inactive on ${daysInactive} of ${plural(of, "day")}`}</title>
      <rect class="STARTED" width={daysStarted} height={10} />
      <rect class="BENCHED" x={daysStarted} width={daysBenched} y={3} height={7} />
      <rect class="INACTIVE" x={daysStarted + daysBenched} width={daysInactive} y={6} height={4} />
    </svg>
  );
}
