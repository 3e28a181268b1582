/** `mirror` with a key: what a mirror has is published under it, and shown where campaign.yaml names it. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startRouting } from "../servers/routing.ts";
import { aCampaign, aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

it("publishes what the mirror has under its key, which status shows: who has what, since when", {
  timeout: 240_000,
}, async () => {
  const routing = await startRouting();
  onTestFinished(() => routing.close());
  const [cwd, files] = [
    await aCampaign({ "campaign.yaml": "campaign: ship\n" }),
    await aFolder({ a: "one", b: "two, longer" }),
  ];
  const run = async (...args: string[]) => {
    const ran = await fieldtree(args, { cwd });
    expect(ran.code, ran.stderr).toBe(0);
    return ran;
  };
  const key = join(files, "hangar.key");
  const { name } = (await run("key", "new", "--to", key, "--json")).json()[0];
  const mirrors = `mirrors: [{ name: hangar, title: The hangar, key: ${name}, routing: ["${routing.url}"] }]\n`;
  await appendFile(join(cwd, "campaign.yaml"), mirrors);
  await run("add", join(files, "a"), "--at", "a");
  const one = (await run("publish", "--json")).json().at(-1);
  expect((await run("status", "--deadline", "60")).stdout).toContain(
    "\n  hangar  has published nothing that is known here\n",
  );

  const place = ["mirror", "hangar", "--to", `folder:${join(files, "copy")}`];
  const mute = await run(...place);
  expect(mute.stderr).toContain("what hangar has is not published: its key is not at hand, --key FILE names it");
  const mirrored = (await run(...place, "--key", key, "--json")).json();
  expectSchema("mirror", mirrored);
  const { since } = mirrored.at(-1);
  expect(mirrored.at(-1)).toMatchObject({ event: "mirrored", key: name, release: 1, head: one.head });
  // Nothing has changed: the same JSON, under the same record.
  const record = Buffer.from(routing.records.get(name)!).toString("hex");
  expect((await run(...place, "--key", key, "--json")).json().at(-1).since).toBe(since);
  expect(Buffer.from(routing.records.get(name)!).toString("hex")).toBe(record);

  await run("add", join(files, "b"), "--at", "b");
  await run("publish");
  const [status] = (await run("status", "--deadline", "60", "--json")).json();
  expectSchema("status", [status]);
  expect(status.mirrors).toEqual([
    {
      ...{ name: "hangar", title: "The hangar", key: name, release: 1, head: one.head, since, leaves: 1, bytes: 3 },
      ...{ left: { leaves: 0, bytes: 0 }, behind: 1 },
    },
  ]);
  await run(...place, "--key", key, "--budget", "4 B");
  expect((await run("status", "--deadline", "60")).stdout).toMatch(
    /\nmirrors, as they publish it\n {2}hangar {2}release 2 since \S+Z: 1 leaf, 3 B; 1 leaf left out, 11 B\n/,
  );
  // The portal names the mirrors of campaign.yaml, and nothing of their state.
  const portal = await run("cat", "ipns://ship/index.json");
  expectSchema("index", [JSON.parse(portal.stdout)]);
  expect(JSON.parse(portal.stdout).mirrors).toEqual([{ name: "hangar", title: "The hangar", key: name }]);
  const { value } = (
    await run("push", "a", "--to", `ipns://${name}`, "--key", key, "--routing", routing.url, "--force", "--json")
  )
    .json()
    .at(-1);
  expect(value).toMatch(/^\/ipfs\//);
  expect((await run("status", "--deadline", "60")).stdout).toContain(
    "hangar  can't be read: this is not what a mirror publishes: it is no JSON\n",
  );
  expect(await readFile(join(files, "copy", "a"), "utf8")).toBe("one");
});
