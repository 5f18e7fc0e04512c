import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { request } from "../../src/source/http.ts";

describe("request()", () => {
  it.each([
    ["ENOTFOUND", "getaddrinfo ENOTFOUND x.test", /\(ENOTFOUND: .*\)\. Check the network and the DNS of this machine$/],
    ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9", /\(ECONNREFUSED: connect ECONNREFUSED 127\.0\.0\.1:9\)$/],
  ])(
    "says after %s why there is no answer, and to check the network if the host cannot be found",
    async (code, message, said) => {
      const cause = Object.assign(new Error(message), { code });
      const fetch = () => Promise.reject(new TypeError("fetch failed", { cause }));
      const sent = request(fetch as never, systemClock, "http://x.test/y");
      await expect(sent).rejects.toThrow(/^No answer from x\.test\/y: fetch failed/);
      await expect(sent).rejects.toThrow(said);
    },
  );

  it("stops reading an endless body after 20 MB", async () => {
    let bytes = 0;
    const chunk = new Uint8Array(1_000_000).fill(0x20);
    const endless = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((resolve) =>
        resolve(
          new Response(
            new ReadableStream({
              pull(controller) {
                if (init?.signal?.aborted) return controller.close();
                bytes += chunk.byteLength;
                controller.enqueue(chunk);
              },
            }),
          ),
        ),
      );
    await expect(request(endless as never, systemClock, "http://x.test/y")).rejects.toThrow(
      "No answer from x.test/y: the response is larger than 20 MB",
    );
    expect(bytes).toBeLessThan(25_000_000);
  });
});
