import { expect, it } from "vitest";
import { createGate, GateFullError } from "../src/gate.ts";

/** Creates actions that run until `end` is called, and records the order in which they began. */
function actions() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const action = (name: string) => () =>
    new Promise<string>((resolve) => {
      begun.push(name);
      ends.set(name, () => resolve(name));
    });
  return { begun, action, end: (name: string) => ends.get(name)?.() };
}

it("a gate limits how many actions run at once, queues further actions in order, and refuses actions when the queue is full", async () => {
  const { begun, action, end } = actions();
  const gate = createGate({ atOnce: 2, waiting: 2 });
  const all = ["a", "b", "c", "d"].map((name) => gate.run(action(name)));
  await expect(gate.run(action("e"))).rejects.toThrow(GateFullError);
  expect(begun).toEqual(["a", "b"]);
  for (const name of ["b", "a", "c", "d"]) {
    end(name);
    await all[["a", "b", "c", "d"].indexOf(name)];
  }
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

it("a gate never runs a waiting action whose signal has aborted, and frees that action's place", async () => {
  const { begun, action, end } = actions();
  const gate = createGate({ atOnce: 1, waiting: 1 });
  const first = gate.run(action("first"));
  const client = new AbortController();
  const gone = gate.run(action("gone"), client.signal);
  client.abort(new Error("the client left"));
  await expect(gone).rejects.toThrow("the client left");
  await expect(gate.run(action("gone before"), client.signal)).rejects.toThrow("the client left");
  const next = gate.run(action("next"));
  end("first");
  await first;
  end("next");
  expect(await next).toBe("next");
  expect(begun).toEqual(["first", "next"]);
});

it("a gate runs the next action after an action has failed", async () => {
  const gate = createGate({ atOnce: 1 });
  const failing = gate.run(() => Promise.reject(new Error("no")));
  const next = gate.run(async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});
