import { daysBetween, words } from "../format.ts";
import { SeasonsBeforeDocument, type SeasonsBeforeQuery } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { address } from "../route.ts";
import { useQuery } from "../ui.tsx";

type Before = NonNullable<SeasonsBeforeQuery["league"]>["previousSeasons"][number];

/** The league's seasons before, a bar each: dates in a row that are known alike are one part of it. */
export function SeasonsBefore({ page }: { page: Page }) {
  const { data } = useQuery(SeasonsBeforeDocument, { key: page.league, environment: page.environment });
  const seasons = data?.league?.previousSeasons ?? [];
  if (seasons.length === 0) return null;
  return (
    <section class="panel before">
      <h2>Seasons before</h2>
      <ul class="list">
        {seasons.map((season) => (
          <li key={season.id}>
            <a href={address("season", null, { league: season.key })}>
              {season.season} {season.name}
            </a>{" "}
            <small>{season.coverage.percent.toFixed(0)} % known</small>
            <Bar season={season} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Bar({ season }: { season: Before }) {
  const all = daysBetween(season.startDate, season.endDate);
  const parts = season.coverage.ranges.map((range) => ({ ...range, days: daysBetween(range.start, range.end) }));
  const told = parts.map(({ start, end, state }) => `${start} to ${end} ${words(state)}`).join("; ");
  return (
    <svg class="season" viewBox={`0 0 ${all} 10`} preserveAspectRatio="none" role="img" aria-label={told}>
      {parts.map(({ start, state, days }) => (
        <rect key={start} class={state} x={daysBetween(season.startDate, start) - 1} width={days} height={10}>
          <title>{`${start}: ${days} ${words(state)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
