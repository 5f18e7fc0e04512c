import { daysBetween, words } from "../format.ts";
import { SeasonsBeforeDocument, type SeasonsBeforeQuery } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { useQuery } from "../query.ts";
import { address } from "../route.ts";

type Before = NonNullable<SeasonsBeforeQuery["league"]>["previousSeasons"][number];

/** Shows the league's previous seasons, one bar each. Consecutive dates with the same state are one part of the bar. */
export function SeasonsBefore({ page }: { page: Page }) {
  const { data } = useQuery(SeasonsBeforeDocument, { key: page.league, environment: page.environment });
  const seasons = data?.league?.previousSeasons ?? [];
  if (seasons.length === 0) return null;
  return (
    <section class="panel before">
      <h2>Previous seasons</h2>
      <ul class="list">
        {seasons.map((season) => (
          <li key={season.id}>
            <a href={address("season", null, { league: season.key })}>
              {season.season} {season.name}
            </a>{" "}
            <small>{season.coverage.percent.toFixed(0)} % done</small>
            <Bar season={season} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Map from a state to the height of a part with this state; the full height is 10. States that are not listed have the full height. */
const HEIGHTS: Readonly<Partial<Record<Before["coverage"]["ranges"][number]["state"], number>>> = {
  PROVISIONAL: 8,
  PARTIAL: 6,
  MISSING: 3,
  FAILED: 3,
  NOT_YET: 0,
};

function Bar({ season }: { season: Before }) {
  const all = daysBetween(season.startDate, season.endDate);
  const parts = season.coverage.ranges.map((range) => ({ ...range, days: daysBetween(range.start, range.end) }));
  const told = parts.map(({ start, end, state }) => `${start} to ${end} ${words(state)}`).join("; ");
  return (
    <svg class="season" viewBox={`0 0 ${all} 10`} preserveAspectRatio="none" role="img" aria-label={told}>
      {parts.map(({ start, state, days }) => (
        // States differ by height as well as by colour.
        <rect
          key={start}
          class={state}
          x={daysBetween(season.startDate, start) - 1}
          width={days}
          y={HEIGHTS[state] === undefined ? 0 : 10 - HEIGHTS[state]}
          height={HEIGHTS[state] ?? 10}
        >
          <title>{`${start}: ${days} ${words(state)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
