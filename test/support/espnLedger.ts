import { onTestFinished } from "vitest";
import { type EspnSeason, startEspn } from "./espn.ts";
import { openLedger } from "./ledger.ts";

/** The key of the league that {@link withEspn} serves. */
export const KEY = "espn.flb.2025.12345";
const NOW = "2025-10-02T16:00:00.000Z";

/** Starts a stand-in for ESPN, and opens a ledger that asks it. */
export async function withEspn(seasons: EspnSeason[], env: Record<string, string> = {}) {
  const espn = await startEspn(...seasons);
  onTestFinished(() => espn.close());
  const ledger = await openLedger({ now: NOW, env: { ESPN_BASE_URL: espn.baseUrl, ...env } });
  return { espn, ledger };
}
