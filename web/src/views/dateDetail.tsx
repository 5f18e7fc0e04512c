import { day, instant, plural, words } from "../format.ts";
import { address } from "../route.ts";
import { type Cell, MEANINGS } from "../season.ts";

/** Shows what is known of one date, and which job last wrote its data. */
export function DateDetail({ cell }: { cell: Cell }) {
  return (
    <section class="panel" aria-live="polite">
      <h2>{day(cell.date)}</h2>
      <p>
        <span class={`cell ${cell.state}`} aria-hidden="true" /> {words(cell.state)}:{" "}
        {cell.reason ?? MEANINGS[cell.state]}
        {cell.by && `, by ${cell.by}`}
      </p>
      {cell.state === "WAIVED" && <p class="small">Updates skip it. A collection can still include it.</p>}
      {cell.players > 0 && (
        <p>
          {cell.teams} of {plural(cell.teamsExpected, "team")}, {plural(cell.players, "player")}
        </p>
      )}
      {cell.updatedAt && (
        <p>
          Last written {instant(cell.updatedAt)}
          {cell.jobId && (
            <>
              {" "}
              by <a href={address("jobs", cell.jobId)}>job {cell.jobId.slice(-6)}</a>
            </>
          )}
        </p>
      )}
      {cell.activeJob && (
        <p>
          {cell.activeStatus === "RUNNING" ? "Being collected" : "Queued"} in{" "}
          <a href={address("jobs", cell.activeJob.id)}>job {cell.activeJob.id.slice(-6)}</a>
        </p>
      )}
      {cell.players > 0 && (
        <p>
          <a href={address("lineups", cell.date)}>See lineups of this date</a>
        </p>
      )}
    </section>
  );
}
