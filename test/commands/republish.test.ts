import { expect, it, onTestFinished } from "vitest";
import { privateKeyOf, publicName } from "../../pipeline/core/key.ts";
import { signRecord } from "../../pipeline/names/ipns/record.ts";
import { startRouting } from "../servers/routing.ts";
import { aCampaign, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

/** A campaign with two names, each at the same two endpoints; only the first holds records, good for `days`. */
async function aCampaignWithNames({ days = 365 } = {}) {
  const [held, lacking] = [await startRouting(), await startRouting()];
  onTestFinished(async () => void (await Promise.all([held.close(), lacking.close()])));
  const keys = await Promise.all([1, 2].map((seed) => privateKeyOf(new Uint8Array(32).fill(seed))));
  const names = keys.map(({ publicKey }) => publicName(publicKey));
  for (const [i, key] of keys.entries()) {
    const until = new Date(Date.now() + days * 86_400_000);
    const value = "/ipfs/bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
    held.records.set(names[i]!, (await signRecord({ value, sequence: 7n, ttl: 300, until }, key)).bytes);
  }
  const lines = names.map(
    (name, i) => `  - { ipns: KEY_${i}, key: ${name}, to: tree, routing: ["${held.url}", "${lacking.url}"] }\n`,
  );
  const cwd = await aCampaign({ "campaign.yaml": `campaign: test\nnames:\n${lines.join("")}` });
  return { held, lacking, names, cwd };
}

it("publishes every IPNS record again, without a key, a line each", async () => {
  const { held, lacking, names, cwd } = await aCampaignWithNames();
  const { code, json, stderr } = await fieldtree(["republish", "--json"], { cwd });
  expect(code, stderr).toBe(0);
  expectSchema("republish", json());
  expect(json()).toEqual(names.map((name) => ({ name, ok: true })));
  for (const name of names) expect(lacking.records.get(name)).toEqual(Buffer.from(held.records.get(name)!));
});

it("does what it can, and fails for the name that could not be put", async () => {
  const { held, names, cwd } = await aCampaignWithNames();
  held.records.delete(names[0]!);
  const { code, json } = await fieldtree(["republish", "--json"], { cwd });
  expect(code).toBe(2);
  expectSchema("republish", json().slice(0, 2));
  expect(json()).toMatchObject([
    { name: names[0], ok: false, says: `there is no record of ${names[0]} to put again` },
    { name: names[1], ok: true },
    { error: { kind: "input", message: `there is no record of ${names[0]} to put again` } },
  ]);
});

it("warns of a record that ends soon", async () => {
  const { names, cwd } = await aCampaignWithNames({ days: 20 });
  const { code, stderr } = await fieldtree(["republish"], { cwd });
  expect(code).toBe(0);
  for (const name of names) expect(stderr).toContain(`${name}: its record ends in 19 days`);
});

it("has nothing to do for a campaign without such names", async () => {
  const { code, stdout } = await fieldtree(["republish"], { cwd: await aCampaign() });
  expect([code, stdout]).toEqual([0, ""]);
});
