import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A figure and its limit. The limit is either measured in the same run or set in advance. */
export type Row = {
  what: string;
  ours: number;
  /** The unit of `ours` and `limit`. */
  unit: "ms" | "s" | "MB" | "kB" | "per s" | "rows" | "statements";
  /** "set" if `limit` was set in advance; otherwise a description of the measurement that gave `limit`. */
  against: string;
  limit: number;
  /** The highest value that `ours / limit` may have, or the lowest value if `isMoreBetter`; null if the row has no goal. */
  goal: number | null;
  isMoreBetter?: boolean;
};

export const ratioOf = ({ ours, limit }: Row): number => ours / limit;

export const isReached = (row: Row): boolean | null =>
  row.goal === null ? null : row.isMoreBetter ? ratioOf(row) >= row.goal : ratioOf(row) <= row.goal;

/** Reports a row as a line of JSON on stdout, which `bench.ts` reads. */
export function report(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param of The quantile as a number from 0 to 1, such as 0.95. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}

/** Runs the action. @returns The action's duration in milliseconds. */
export async function timed(action: () => unknown): Promise<number> {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}

/** Runs the action once to warm up, then `rounds` times. @returns The median duration in milliseconds. */
export async function medianOf(rounds: number, action: () => unknown): Promise<number> {
  await action();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(action));
  return median(times);
}

/** Makes a folder that is removed when the process exits. @returns Its path. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
