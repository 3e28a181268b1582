import { describe, expect, it, onTestFinished } from "vitest";
import { type RpcOptions, rpc } from "../../pipeline/http/kubo-rpc.ts";
import { startFakeKubo } from "../fakes/kubo.ts";
import { testWorld } from "../fakes/world.ts";
import { freePort } from "../servers/ports.ts";

const world = testWorld();

/** What comes of asking for a pin through the client. */
async function asking(options: Partial<RpcOptions> & Pick<RpcOptions, "api">, asker = world) {
  const kubo = rpc({ timeoutMs: 5000, ...options });
  onTestFinished(() => kubo.close());
  return kubo
    .call("pin/ls", (client, by) => Array.fromAsync(client.pin.ls(by)), asker)
    .catch((error: unknown) => error);
}

describe("a call that kubo-rpc-client makes", () => {
  it("says where nothing listens, and what to do", async () => {
    const api = `http://127.0.0.1:${await freePort()}`;
    const failure = await asking({ api });
    expect(failure).toMatchObject({ kind: "unavailable", hint: expect.stringContaining("ipfs daemon") });
    expect(String(failure)).toContain(`kubo at ${api}: pin/ls: nothing answers there (ECONNREFUSED)`);
  });

  it("ends at its deadline where Kubo accepts and never answers, which the client's own timeout would not see", async () => {
    const silent = await startFakeKubo(() => {});
    const failure = await asking({ api: silent.api, timeoutMs: 200 });
    expect(failure).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("no sign of life for 0.2 s"),
    });
  });

  it("ends at its deadline where the answer begins and does not go on", async () => {
    const stuck = await startFakeKubo((_, response) => void response.write('{"Cid":'));
    const failure = await asking({ api: stuck.api, timeoutMs: 200 });
    expect(failure).toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("no sign of life for 0.2 s"),
    });
  });

  it("ends with the run's own reason where that is stopped", async () => {
    const silent = await startFakeKubo(() => {});
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("told to stop")), 50);
    expect(String(await asking({ api: silent.api }, testWorld({ signal: stop.signal })))).toBe("Error: told to stop");
  });

  it("prints no token, though Kubo repeats it", async () => {
    const echo = await startFakeKubo((request, response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ Message: `what is ${request.headers.authorization}?`, Code: 0 }));
    });
    const failure = await asking({ api: echo.api, token: "s3cret-of-the-mirror" });
    expect(failure).toMatchObject({ kind: "refused", message: expect.stringContaining("what is") });
    expect(String(failure)).not.toContain("s3cret-of-the-mirror");
  });

  it.each([
    [403, "refused", undefined],
    [404, "input", undefined],
    [503, "unavailable", 7000],
  ])("knows what the status %i means where Kubo itself did not answer", async (status, kind, wait) => {
    const proxy = await startFakeKubo((_, response) => {
      response.writeHead(status, { "content-type": "text/html", "retry-after": "7" }).end("<h1>no</h1>");
    });
    expect(await asking({ api: proxy.api })).toMatchObject({ kind, wait });
  });

  it("calls an answer corrupt that has another shape than the client knows", async () => {
    const other = await startFakeKubo((_, response) => void response.end('{"hello":1}\n'));
    expect(await asking({ api: other.api })).toMatchObject({ kind: "corrupt" });
  });
});
