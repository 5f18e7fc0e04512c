import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A figure beside its limit, both measured in the same run or the limit set beforehand. */
export type Row = {
  what: string;
  ours: number;
  /** Of `ours` and of `limit`. */
  unit: "ms" | "s" | "MB" | "kB" | "per s" | "rows" | "statements";
  /** What it is compared with. */
  against: string;
  limit: number;
  /** What `ours / limit` is at most, or at least where more is better; null where it is told only. */
  goal: number | null;
  isMoreBetter?: boolean;
};

export const ratioOf = ({ ours, limit }: Row): number => ours / limit;

export const isReached = (row: Row): boolean | null =>
  row.goal === null ? null : row.isMoreBetter ? ratioOf(row) >= row.goal : ratioOf(row) <= row.goal;

/** Tells `bench.ts`, which has started this part, of a row; a line of JSON. */
export function report(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param of 0 to 1. */
export function quantile(values: readonly number[], of: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * of))] ?? Number.NaN;
}

/** Milliseconds that it takes. */
export async function timed(action: () => unknown): Promise<number> {
  const begun = performance.now();
  await action();
  return performance.now() - begun;
}

/** The median of so many times, in milliseconds, after one that does not count. */
export async function medianOf(rounds: number, action: () => unknown): Promise<number> {
  await action();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timed(action));
  return median(times);
}

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lineup-ledger-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
