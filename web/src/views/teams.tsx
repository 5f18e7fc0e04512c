import { words } from "../format.ts";
import { TeamDocument, TeamsDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { address } from "../route.ts";
import { Show, useQuery } from "../ui.tsx";

const range = (page: Page) => ({ start: page.firstDate, end: page.lastDate, environment: page.environment });

/** Every team's habits. */
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
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
            <section class="scrolls" tabIndex={0} aria-label="Habits of the teams">
              <table class="data">
                <thead>
                  <tr>
                    <th scope="col">Team</th>
                    <th scope="col">Days</th>
                    <th scope="col">Changed</th>
                    <th scope="col">Players</th>
                    <th scope="col">Added</th>
                    <th scope="col">Dropped</th>
                    <th scope="col">Under a week</th>
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
            </section>
          </>
        )}
      </Show>
    </>
  );
}

/** One team: who started on how many days, its slots through the season, who came and went. */
export function TeamPage({ id, page }: { id: string; page: Page }) {
  const found = useQuery(TeamDocument, { key: page.league, team: id, ...range(page) });
  return (
    <Show of={found}>
      {({ teamGrid, playerUsages, rosterMoves }) =>
        teamGrid && (
          <>
            <header class="title">
              <h1>{teamGrid.team.name}</h1>
              <a
                href={`/export/lineups.csv?${new URLSearchParams({ league: page.league, team: id, start: page.firstDate, end: page.lastDate, environment: page.environment })}`}
                download
              >
                Its season as a file
              </a>
            </header>
            <div class="columns">
              <section class="panel">
                <h2>Days started, by player</h2>
                <ul class="list">
                  {playerUsages?.nodes.map((usage) => (
                    <li key={usage.player.id}>
                      <a href={address("players", usage.player.sourceId)}>{usage.player.name}</a> {usage.daysStarted} of{" "}
                      {usage.daysRostered}{" "}
                      <small>
                        {usage.eligiblePositions.join(", ")}; benched {usage.daysBenched}, inactive {usage.daysInactive}
                      </small>
                    </li>
                  ))}
                </ul>
              </section>
              <section class="panel">
                <h2>Came and went</h2>
                <ul class="list">
                  {rosterMoves?.nodes.toReversed().map((move) => (
                    <li key={`${move.date} ${move.kind} ${move.player.id}`}>
                      <a href={address("lineups", move.date)}>{move.date}</a> {words(move.kind)}: {move.player.name}
                      {move.otherTeam && ` ${move.kind === "IN" ? "from" : "to"} ${move.otherTeam.name}`}
                    </li>
                  ))}
                </ul>
                {rosterMoves?.nodes.length === 0 && <p>Nobody came, and nobody went.</p>}
              </section>
            </div>
            <section class="panel">
              <h2>Each slot through the season</h2>
              {teamGrid.rows.map((row) => (
                <details key={`${row.position} ${row.number}`}>
                  <summary>
                    {row.position} {row.number > 1 && row.number}{" "}
                    <small>{row.stretches.filter(({ state }) => state === "FILLED").length} stretches</small>
                  </summary>
                  <ul class="list">
                    {row.stretches.map((stretch) => (
                      <li key={stretch.start}>
                        {stretch.start} to {stretch.end}:{" "}
                        {stretch.player?.name ?? (stretch.state === "EMPTY" ? "nobody" : "not collected")}{" "}
                        {stretch.player && (
                          <small>
                            healthy {stretch.daysHealthy}, injured {stretch.daysInjured}, not seen {stretch.daysNotSeen}
                          </small>
                        )}
                      </li>
                    ))}
                  </ul>
                </details>
              ))}
            </section>
          </>
        )
      }
    </Show>
  );
}
