import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { eachUnlessAborted, fetchUnlessAborted, unlessAborted } from "../../pipeline/core/abort.ts";
import { readBody } from "../../pipeline/http/http.ts";
import { onLoopback } from "../fakes/loopback.ts";
import { testWorld } from "../fakes/world.ts";
import { collectingGarbage } from "./garbage.ts";

describe("a deadline", () => {
  it("ends a fetch without an answer, whatever garbage was collected while it waited", async () => {
    const url = await onLoopback(createServer(() => {}));
    const late = AbortSignal.timeout(300);
    const asked = fetchUnlessAborted(new Request(url, { signal: AbortSignal.any([late]) }), testWorld());
    await collectingGarbage(() => expect(asked).rejects.toThrow("timeout"));
  });

  it("ends an answer that never ends, whatever garbage was collected while it was read", async () => {
    const server = createServer((_, response) => {
      const drip = setInterval(() => response.write("x".repeat(2000)), 20);
      response.on("close", () => clearInterval(drip));
    });
    const stop = new AbortController();
    const response = await fetchUnlessAborted(
      new Request(await onLoopback(server), { signal: AbortSignal.any([stop.signal]) }),
      testWorld(),
    );
    const limits = { atMost: 1e9, stallAfter: 10_000, signal: stop.signal };
    const read = readBody("it", response, limits);
    setTimeout(() => stop.abort(new Error("given up")), 300);
    await collectingGarbage(() => expect(read).rejects.toThrow("given up"));
  });

  it("ends work that heeds no signal, and tells a stream that it is over", async () => {
    const never = new Promise<never>(() => {});
    await expect(unlessAborted(AbortSignal.timeout(10), never)).rejects.toThrow("timeout");
    let told = false;
    const silent = async function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        told = true;
      }
    };
    const stop = new AbortController();
    const taken: number[] = [];
    const taking = async () => {
      for await (const each of eachUnlessAborted(stop.signal, silent())) {
        taken.push(each);
        stop.abort(new Error("enough"));
      }
    };
    await expect(taking()).rejects.toThrow("enough");
    expect({ taken, told }).toEqual({ taken: [1], told: true });
  });
});
