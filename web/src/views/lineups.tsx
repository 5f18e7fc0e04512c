import { useEffect } from "preact/hooks";
import { addDays, day, instant, isDate, words } from "../format.ts";
import { DayDocument, type DayQuery, NewestDayDocument } from "../generated/documents.ts";
import type { Page } from "../page.ts";
import { useQuery } from "../query.ts";
import { address, go } from "../route.ts";
import { DateField, Nowhere, Show } from "../ui.tsx";

type Lineup = NonNullable<DayQuery["lineups"]>["nodes"][number];
type Slot = Lineup["slots"][number];

const BENCH = /^(BN|BE)$/;
const INACTIVE = /^(IL|IR|DL|NA)/;
const HEALTHY = "healthy";

/** If the address has no date, shows the newest date that has lineups. */
export function NewestLineups({ page }: { page: Page }) {
  const { league: key, firstDate: start, lastDate: end, environment } = page;
  const found = useQuery(NewestDayDocument, { key, start, end, environment });
  return (
    <Show of={found}>
      {({ lineups }) => <Lineups page={page} date={lineups?.nodes[0]?.date ?? page.lastDate} key={page.league} />}
    </Show>
  );
}

/** Shows all teams of a date, side by side. The left and right arrow keys go to the previous and next day. */
export function Lineups({ page, date }: { page: Page; date: string }) {
  if (isDate(date)) return <Day page={page} date={date} />;
  return (
    <Nowhere title={`${date} is not a date`}>
      <a href={address("lineups")}>Go to the newest day</a>
    </Nowhere>
  );
}

function Day({ page, date }: { page: Page; date: string }) {
  const found = useQuery(DayDocument, { key: page.league, date, environment: page.environment });
  useEffect(() => {
    const step = (event: KeyboardEvent) => {
      const days = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as Element).tagName);
      if (days === undefined || isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
      event.preventDefault();
      go(address("lineups", addDays(date, days)), { isReplacing: true });
    };
    addEventListener("keydown", step);
    return () => removeEventListener("keydown", step);
  }, [date]);
  const file = `/export/lineups.csv?${new URLSearchParams({ league: page.league, start: date, end: date, environment: page.environment })}`;
  return (
    <>
      <header class="title">
        <h1>{day(date)}</h1>
        <nav class="row" aria-label="Days">
          <a href={address("lineups", addDays(date, -1))}>← Previous day</a>
          <DateField
            label="Date"
            value={date}
            min={page.firstDate}
            max={page.seasonEnd}
            onDate={(other) => go(address("lineups", other), { isReplacing: true })}
          />
          <a href={address("lineups", addDays(date, 1))}>Next day →</a>
          <a href={file} download>
            Download CSV
          </a>
        </nav>
      </header>
      <Show of={found}>
        {({ lineups, lineupChanges }) => (
          <>
            {lineups?.nodes.length === 0 && (
              <p class="note">
                {date > page.lastDate && date <= page.seasonEnd
                  ? "This date is in the future."
                  : date < page.firstDate || date > page.seasonEnd
                    ? `Choose a date in the season, ${page.firstDate} to ${page.seasonEnd}.`
                    : "No lineups are stored for this date. "}
                {page.firstDate <= date && date <= page.lastDate && (
                  <a href={address("season", null, { from: date, to: date })}>See its state in Season</a>
                )}
              </p>
            )}
            {lineups?.nodes.some(({ slots }) => slots.some(({ observedSameDay }) => !observedSameDay)) && (
              <p class="note">
                Clubs and statuses in <span class="later">italics</span> were seen after this date, on{" "}
                {seenOn(lineups.nodes)}. Sources keep no history of them.
              </p>
            )}
            <div class="teams">
              {lineups?.nodes.toSorted(byNumber).map((lineup) => (
                <Team lineup={lineup} key={lineup.id} />
              ))}
            </div>
            {(lineupChanges?.nodes.length ?? 0) > 0 && (
              <section class="panel">
                <h2>Corrections</h2>
                <ul>
                  {lineupChanges?.nodes.map((change) => (
                    <li key={change.cursor}>
                      {change.team.name}: {change.player.name} {words(change.kind)}
                      {change.fromPosition && ` from ${change.fromPosition}`}
                      {change.toPosition && ` to ${change.toPosition}`}, detected {instant(change.detectedAt)} by{" "}
                      <a href={address("jobs", change.jobId)}>job {change.jobId.slice(-6)}</a>, previously stored by{" "}
                      <a href={address("jobs", change.previousJobId)}>job {change.previousJobId.slice(-6)}</a>
                    </li>
                  ))}
                </ul>
              </section>
            )}
            {lineups?.nodes[0]?.attribution && <p class="attribution">{lineups.nodes[0].attribution}</p>}
          </>
        )}
      </Show>
    </>
  );
}

/**
 * Returns the days after the lineups' date on which clubs and statuses were observed, as a text. If there are more than
 * three days, the text gives only their number.
 */
function seenOn(lineups: readonly Lineup[]): string {
  const seen = lineups.flatMap(({ slots }) => slots.flatMap((slot) => (slot.observedSameDay ? [] : [slot.observedAt])));
  const days = [...new Set(seen.map((at) => day(at.slice(0, 10))))];
  return days.length > 3 ? `${days.length} days` : days.join(", ");
}

/** Returns the number at the end of a team's id, by which teams are sorted. */
const numberOf = ({ team }: Lineup): number => Number(/\d+$/.exec(team.id)?.[0] ?? 0);
const byNumber = (a: Lineup, b: Lineup): number => numberOf(a) - numberOf(b);

function Team({ lineup }: { lineup: Lineup }) {
  const of = (test: (slot: Slot) => boolean) => lineup.slots.filter(test);
  const groups: [string, Slot[]][] = [
    ["Starting", of(({ selectedPosition: at }) => !BENCH.test(at) && !INACTIVE.test(at))],
    ["Bench", of(({ selectedPosition }) => BENCH.test(selectedPosition))],
    ["Inactive", of(({ selectedPosition }) => INACTIVE.test(selectedPosition))],
  ];
  return (
    <article class="team">
      <h2>
        <a href={address("teams", lineup.team.key)}>{lineup.team.name}</a>{" "}
        {lineup.provisional && <span class="badge PROVISIONAL">provisional</span>}
      </h2>
      <table>
        <colgroup>
          <col class="slot" />
          <col />
          <col class="club" />
          <col class="status" />
        </colgroup>
        <caption class="hidden">Lineup of {lineup.team.name}</caption>
        <thead class="hidden">
          <tr>
            <th scope="col">Slot</th>
            <th scope="col">Player</th>
            <th scope="col">Club</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        {groups.map(([name, slots]) =>
          slots.length === 0 ? null : (
            <tbody key={name} class={name}>
              {slots.map((slot) => (
                <tr key={slot.player.id}>
                  <th scope="row">{slot.selectedPosition}</th>
                  <td title={slot.player.name}>
                    <a href={address("players", slot.player.sourceId)}>{slot.player.name}</a>
                  </td>
                  <td class={slot.observedSameDay ? "" : "later"}>{slot.playerTeam}</td>
                  <td class={slot.observedSameDay ? "" : "later"}>
                    {slot.playerStatus && slot.playerStatus !== HEALTHY && (
                      <span class="badge injured">{slot.playerStatus}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          ),
        )}
      </table>
      <p class="small">
        Collected {instant(lineup.collectedAt)} by{" "}
        <a href={address("jobs", lineup.jobId)}>job {lineup.jobId.slice(-6)}</a>
      </p>
    </article>
  );
}
