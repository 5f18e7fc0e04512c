import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../src/db/job.ts";
import type { Transition } from "../../src/db/jobWrites.ts";
import { JOB_STATUSES, type JobStatus } from "../../src/db/tables/values.ts";
import { LedgerError } from "../../src/errors.ts";
import { cancel, endSession, pause, resume, type SessionEnd, TRANSITIONS, wake } from "../../src/jobs/transitions.ts";

const error = { code: "SOURCE_UNAVAILABLE", message: "down", stack: null };
const base = {
  id: "j",
  kind: "COLLECTION" as const,
  environment: "TEST" as const,
  leagueKey: "458.l.1",
  startDate: "2025-04-01",
  endDate: "2025-04-10",
  concurrency: 1,
  metadata: {},
  idempotencyKey: null,
  inputDigest: "",
  fence: 3,
  version: 0,
  createdAt: 1,
  startedAt: 2,
  datesTotal: 10,
  datesCompleted: 4,
  datesFailed: 0,
  itemsTotal: 100,
  itemsProcessed: 40,
  recordsProcessed: 1,
  recordsInserted: 1,
  recordsUpdated: 0,
  recordsUnchanged: 0,
  recordsRemoved: 0,
  datesSuspect: 0,
  requests: 0,
  retries: 0,
  error: null,
};

/**
 * Jobs in every state. There is a RUNNING job for each combination of a lease (live, expired, none) and a pending action (none, PAUSE,
 * CANCEL).
 */
const jobs: Job[] = [
  { ...base, status: "QUEUED" },
  ...[{ owner: "w", live: true }, { owner: "w", live: false }, null].flatMap((lease) =>
    ([null, "PAUSE", "CANCEL"] as const).map((pendingAction) => ({
      ...base,
      status: "RUNNING" as const,
      lease,
      pendingAction,
    })),
  ),
  { ...base, status: "WAITING", resumeAt: 9 },
  { ...base, status: "PAUSED" },
  { ...base, status: "COMPLETED", finishedAt: 9 },
  { ...base, status: "FAILED", finishedAt: 9, error },
  { ...base, status: "CANCELLED", finishedAt: 9 },
];
const ends: SessionEnd[] = [
  { kind: "tried", firstFailure: null },
  { kind: "tried", firstFailure: { date: "2025-04-02", error } },
  { kind: "requested", action: "PAUSE" },
  { kind: "requested", action: "CANCEL" },
  { kind: "rate-limited", retryAfterMs: 1000, error },
  { kind: "rate-limited", retryAfterMs: 1000, error: { ...error, code: "SOURCE_OUTAGE" } },
  { kind: "refused", error },
  { kind: "fatal", error },
  { kind: "yielded" },
];

const decide = (action: (job: Job, by: string) => Transition | null, job: Job): Transition | null | "refused" => {
  try {
    return action(job, "ann");
  } catch (refused) {
    expect(refused).toBeInstanceOf(LedgerError);
    expect(refused).toMatchObject({ code: "ILLEGAL_STATE", details: { jobId: "j", status: job.status } });
    return "refused";
  }
};

describe("transition functions", () => {
  it("return a legal transition, or throw an error that contains the job's state", () => {
    for (const job of jobs) {
      for (const action of [pause, cancel, resume, wake]) {
        const transition = decide(action, job);
        if (transition !== null && transition !== "refused")
          expect(TRANSITIONS[job.status], `${action.name} of ${job.status}`).toContain(transition.to);
      }
    }
    const running = jobs.filter((job) => job.status === "RUNNING");
    for (const end of ends) for (const job of running) expect(TRANSITIONS.RUNNING).toContain(endSession(job, end).to);
  });

  it("invalidate the fencing token when they take a job from its worker or end the worker's session", () => {
    for (const job of jobs) {
      for (const action of [pause, cancel, resume, wake]) {
        const transition = decide(action, job);
        if (transition === null || transition === "refused") continue;
        expect(transition.keepLease ?? false).toBe(!(transition.newFence ?? false));
      }
    }
    for (const end of ends) {
      const transition = endSession({ ...base, status: "RUNNING", lease: null, pendingAction: null }, end);
      expect(transition.newFence ?? false).toBe(transition.to !== "RUNNING" && transition.to !== "WAITING");
    }
  });

  it("return null if their action has already been taken", () => {
    for (const job of jobs.filter(({ status }) => status === "PAUSED")) expect(pause(job, "ann")).toBeNull();
    for (const job of jobs.filter(({ status }) => status === "CANCELLED")) expect(cancel(job, "ann")).toBeNull();
    for (const job of jobs.filter(({ status }) => status === "QUEUED" || status === "WAITING"))
      expect(resume(job, "ann")).toBeNull();
  });
});

it("transitions lead from each state to all states that the transition table lists and to no others, for any sequence of actions", () => {
  const reachable = new Map<JobStatus, Set<JobStatus>>(JOB_STATUSES.map((status) => [status, new Set()]));
  const step = fc.constantFrom("pause", "cancel", "resume", "wake", "claim", ...ends.map((_, i) => `end-${i}`));
  const next = (job: Job, action: string): Job => {
    const transition =
      action === "claim"
        ? job.status === "QUEUED" || job.status === "WAITING"
          ? { to: "RUNNING" as const, keepLease: true }
          : null
        : action.startsWith("end-")
          ? job.status === "RUNNING"
            ? endSession(job, ends[Number(action.slice(4))] ?? { kind: "yielded" })
            : null
          : decide({ pause, cancel, resume, wake }[action as "pause"], job);
    if (transition === null || transition === "refused") return job;
    reachable.get(job.status)?.add(transition.to);
    const to = transition as Transition;
    return {
      ...base,
      status: to.to,
      ...(to.to === "RUNNING"
        ? { lease: to.keepLease ? { owner: "w", live: true } : null, pendingAction: to.pendingAction ?? null }
        : {}),
      ...(to.to === "WAITING" ? { resumeAt: 1 } : {}),
      ...(["COMPLETED", "FAILED", "CANCELLED"].includes(to.to) ? { finishedAt: 1 } : {}),
      error: to.error ?? null,
    } as Job;
  };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (actions) => {
      let job: Job = { ...base, status: "QUEUED" };
      for (const action of actions) job = next(job, action);
    }),
    { numRuns: 3_000 },
  );
  for (const [from, to] of reachable) expect([...to].sort(), from).toEqual([...TRANSITIONS[from]].sort());
});
