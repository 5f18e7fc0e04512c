import { parentPort, workerData } from "node:worker_threads";

// Asks a server for `/health` and for one row, again and again, until it is told to stop; says how long the slowest of each took. In a
// thread of its own: what else the proof does would be counted as the server's.

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

// The first makes the connections.
await Promise.all(names.map(answer));
parentPort?.postMessage("connected");
await Promise.all(names.map(watch));
parentPort?.postMessage(slowest);
