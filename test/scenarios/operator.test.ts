/** An operator's day, with real services and real DNS servers around the campaign. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectSchema } from "../commands/schemas.ts";
import { aSample, followAllDay, type Outward, outwardServers, startOutward } from "./campaign-outward.ts";

describe.skipIf(!outwardServers)("a campaign with four kinds of servers around it", { timeout: 240_000 }, () => {
  let outward: Outward;
  const day = new AbortController();
  let following: Promise<void>;

  beforeAll(async () => {
    outward = await startOutward();
    following = followAllDay(outward, day.signal);
  });
  afterAll(async () => {
    day.abort();
    await outward?.stop();
    await following;
  });

  it("is published, read back, verified, rolled back, and seen to drift", async () => {
    const { run } = await aSample(outward);

    const published = await run("publish", "--json");
    expect(published.code, published.stderr).toBe(0);
    expectSchema("publish", published.json());
    const events = published.json();
    const released = events.at(-1);
    expect(events.filter(({ event }) => event === "announced").map(({ name }) => name)).toEqual([
      "latest.example.test",
      "example.test",
    ]);
    expect(events.filter(({ event, counts }) => event === "pin" && !counts)).toEqual([]);

    const again = await run("publish", "--json");
    expect(again.json().at(-1)).toMatchObject({ changed: false, head: released.head });

    const status = await run("status", "--deadline", "20", "--json");
    expectSchema("status", status.json());
    expect(status.json()[0].live.map(({ agrees }: { agrees: boolean }) => agrees)).toEqual([true, true]);
    expect(status.json()[0].next).toEqual([]);

    const green = await run("verify", "--deep", "--json");
    expect(green.code, green.stdout).toBe(0);
    expectSchema("verify", green.json());
    expect(green.json().at(-1)).toMatchObject({ ok: true, corrupt: 0, drift: 0 });

    const { CID } = await import("multiformats/cid");
    outward.psa.lose(CID.parse(released.root));
    const red = await run("verify", "--json");
    expect(red.code).toBe(7);
    const failed = red.json().filter(({ ok, check }) => check && !ok);
    expect(failed[0].subject).toBe("shop: /");
    // The portal links the tree: where that block is in its sample too, both lost it.
    expect(failed.slice(1).map(({ subject }) => subject)).toEqual(failed.length > 1 ? ["shop: portal/"] : []);
    expect(failed[0].says).toContain(released.root);

    const mending = await run("rollback", "1");
    expect(mending.code, mending.stderr).toBe(4);
    expect(mending.stderr).toContain("release 1: no release is created");
    expect(mending.stderr).toContain("unpin there what is missing");

    for (const said of [published, again, status, green, red, mending]) {
      for (const secret of ["mirror-canary", "shop-canary", outward.primary.key.split(":").at(-1)!]) {
        expect(said.stdout + said.stderr).not.toContain(secret);
      }
    }
  });
});
