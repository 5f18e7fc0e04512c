import { parentPort, workerData } from "node:worker_threads";

// Polls `/health` and a one-row query of a server until told to stop, and reports the slowest response of each. Runs in its own thread. In
// the main thread, the proof's other work would delay the polls, and the delay would count as the server's time.

const url = workerData as string;
const PAUSE_MS = 10;
const slowest = { health: 0, row: 0 };
let isOver = false;
parentPort?.once("message", () => {
  isOver = true;
});

const asked: Readonly<Record<keyof typeof slowest, () => Promise<Response>>> = {
  health: () => fetch(new URL("/health", url)),
  row: () =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: '{ schedule(id: "schedule_demo") { id } }' }),
    }),
};
const names = ["health", "row"] as const;
const answer = (name: keyof typeof slowest) => asked[name]().then((response) => response.text());

async function watch(name: keyof typeof slowest): Promise<void> {
  while (!isOver) {
    const began = performance.now();
    await answer(name);
    slowest[name] = Math.max(slowest[name], performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

// The first requests open the connections and are not measured.
await Promise.all(names.map(answer));
parentPort?.postMessage("connected");
await Promise.all(names.map(watch));
parentPort?.postMessage(slowest);
