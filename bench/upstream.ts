import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { rostersPayload, settingsPayload, teamsPayload } from "../src/source/demo/payload.ts";
import { DATES, leagueOf, lineupsOf } from "./ledger.ts";

// A stand-in for Yahoo in its own thread, with responses made in advance.

const { key, days, delayMs } = workerData as { key: string; days: number; delayMs: number };
const league = leagueOf(key);
const bodies = new Map<string, Buffer>([
  [`/league/${key}/settings`, Buffer.from(settingsPayload(league))],
  [`/league/${key}/teams`, Buffer.from(teamsPayload(league))],
]);
for (const date of DATES.slice(0, days))
  bodies.set(
    `/league/${key}/teams/roster;date=${date}`,
    Buffer.from(rostersPayload(league, date, lineupsOf(league, date))),
  );
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://upstream");
  const body = bodies.get(decodeURIComponent(pathname.replace("/fantasy/v2", "")));
  const token = '{"access_token":"token","refresh_token":"refresh","expires_in":3600,"token_type":"bearer"}';
  setTimeout(
    () =>
      response
        .writeHead(body || pathname === "/oauth2/get_token" ? 200 : 400, { "content-type": "application/json" })
        .end(body ?? (pathname === "/oauth2/get_token" ? token : '{"error":{"description":"Invalid resource"}}')),
    delayMs,
  );
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
