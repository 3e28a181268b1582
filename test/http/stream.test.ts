import { expect, it } from "vitest";
import { rpc } from "../../pipeline/http/kubo-rpc.ts";
import { clusterPins } from "../../pipeline/pin/cluster.ts";
import { startFakeKubo } from "../fakes/kubo.ts";
import { aCid } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";

/** Asked as a Kubo and as a Cluster, what comes of an answer with this status and this `Retry-After`. */
async function failuresOf(status: number, retryAfter: string) {
  const { api } = await startFakeKubo((_, response) => {
    response.writeHead(status, { "retry-after": retryAfter, "content-type": "text/plain" }).end("slow down");
  });
  const kubo = rpc({ api, timeoutMs: 5000 });
  const cluster = clusterPins({ name: "dkrz", api });
  const world = testWorld();
  const asked = [kubo.ask("id", {}, world), cluster.status([aCid("a")], world)];
  const failures = await Promise.all(asked.map((each) => each.then(() => undefined).catch((error) => error)));
  kubo.close();
  cluster.close?.();
  return failures;
}

it.each([429, 503])("keeps to when a server that is busy (%i) wants to be asked again", async (status) => {
  for (const failure of await failuresOf(status, "7"))
    expect(failure).toMatchObject({ kind: "unavailable", wait: 7000 });
});

it("takes no time of day for it: clocks differ", async () => {
  for (const failure of await failuresOf(503, "Wed, 21 Oct 2026 07:28:00 GMT")) {
    expect(failure).toMatchObject({ kind: "unavailable", wait: undefined });
  }
});

it("does not wait after a refusal", async () => {
  for (const failure of await failuresOf(403, "7")) expect(failure).toMatchObject({ kind: "refused", wait: undefined });
});
