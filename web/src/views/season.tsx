import { SeasonDocument } from "../generated/documents.ts";
import { type Live, useFromTheBeginning, useLive } from "../live.ts";
import type { Page } from "../page.ts";
import { useNowAndThen, useQuery } from "../query.ts";
import type { Route } from "../route.ts";
import type { League } from "../season.ts";
import { Show } from "../ui.tsx";
import { Calendar } from "./calendar.tsx";
import { SeasonsBefore } from "./seasonsBefore.tsx";
import { Welcome } from "./welcome.tsx";

type Props = { page: Page; route: Route; live: Live; onAdded: () => Promise<void> };

/** Shows a season: its calendar, the previous seasons and, if nothing is collected yet, how to start. */
export function Season({ page, route, live, onAdded }: Props) {
  const season = useQuery(SeasonDocument, { key: page.league, environment: page.environment });
  // Any job of the league may have changed a date.
  useLive(live, useNowAndThen(season.reload));
  useFromTheBeginning(live, season, ({ league }) => !!league?.coverage.cells.some((cell) => cell.activeStatus));
  return (
    <Show of={season}>
      {({ league }) =>
        league && (
          <>
            {isUntouched(league) && <Welcome page={page} onAdded={onAdded} />}
            <Calendar league={league} page={page} route={route} reload={season.reload} />
            <SeasonsBefore page={page} />
          </>
        )
      }
    </Show>
  );
}

/** Returns true if dates are due, but none is collected yet and no job is about to collect them. */
const isUntouched = ({ coverage }: League): boolean =>
  coverage.cells.some(({ state }) => state === "MISSING") &&
  coverage.cells.every(
    ({ state, activeStatus }) => activeStatus === null && (state === "MISSING" || state === "NOT_YET"),
  );
