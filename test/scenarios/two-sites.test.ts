/** Two machines without a network between them, and a stick that carries CARs both ways: docs/field.md. */
import { appendFile, cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import { expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { aFolder, fieldtree } from "../commands/program.ts";
import { expectSchema } from "../commands/schemas.ts";
import { blocksIn } from "../docs/pages.ts";
import { fakeDns, fromTable } from "../fakes/dns-server.ts";

/** All blocks are on the stick: no gateway is there to be asked for any. */
const env = { SOURCE_DATE_EPOCH: "1767225600", IPFS_GATEWAY: "http://127.0.0.1:9" };

async function run(cwd: string, ...args: string[]) {
  const ran = await fieldtree([...args, "--json"], { cwd, env });
  const lines = ran.json();
  const printed = lines.filter((line) => line.event !== "done" && !("error" in line));
  if (args[0] === "log" || args[0] === "car") expectSchema(args[0], printed);
  return { code: ran.code, last: lines.at(-1), lines, stderr: ran.stderr };
}

/** A leaf whose bytes are in its CID, so that nothing has to be added. */
const leaf = (text: string) =>
  CID.createV1(codecs.raw, identity.digest(new TextEncoder().encode(`the data of ${text}`))).toString();

async function published(cwd: string, path: string, text: string) {
  await appendFile(join(cwd, "tree.yaml"), `${path}: ${leaf(text)}\n`);
  const { code, last, stderr } = await run(cwd, "publish");
  expect(code, stderr).toBe(0);
  return last;
}

it("have one log again after a stick went both ways, and a conflict shows both sides", {
  timeout: 600_000,
}, async () => {
  const around = await aFolder({
    "stick/README": "",
    "at home/campaign.yaml": "campaign: test\n",
    "at home/tree.yaml": "",
  });
  const [ship, shore] = [join(around, "on the ship"), join(around, "at home")];
  await published(shore, "shared", "A");
  await cp(shore, ship, { recursive: true });
  for (const number of [1, 2, 3]) {
    await published(ship, `ship-${number}`, `ship ${number}`);
    await published(shore, `shore-${number}`, `shore ${number}`);
  }

  // The page's commands, each where the comment behind it says.
  const commands = blocksIn("docs/field.md", "sh two-sites").flatMap((block) => block.trimEnd().split("\n"));
  const steps = commands.flatMap((line) => {
    const [, args, place] = /^fieldtree (.*?) +# (on the ship|at home)$/.exec(line) ?? [];
    return args === undefined || place === undefined ? [] : [{ args: args.split(" "), place }];
  });
  const step = async () => {
    const { args, place } = steps.shift()!;
    const ran = await run(join(around, place), ...args);
    expect(ran.code, ran.stderr).toBe(0);
    return ran;
  };
  await step();
  const imported = await run(ship, "car", "import", "../stick/shore.car");
  expect(imported.last.log).toMatchObject({ relation: "diverged", at: 1, ahead: 3, behind: 3 });
  // It is known from then on, until it is merged.
  const fork = await run(ship, "verify");
  expect([fork.code, fork.lines.find(({ ok }) => ok === false)]).toMatchObject([7, { check: "log", problem: "drift" }]);

  expect((await step()).last).toMatchObject({ relation: "diverged", at: 1, ahead: 3, behind: 3 });
  const adopted = await step();
  expect(adopted.last).toMatchObject({ event: "adopted", relation: "diverged" });
  const { release, root, portal, head } = adopted.lines.find(({ event }) => event === "published");
  expect(release).toBe(5);
  expect((await run(ship, "verify", "--deep")).code).toBe(0);
  await step();
  const compared = await run(shore, "log", "compare", "../stick/ship.car", "--exit-code");
  expect(compared).toMatchObject({ code: 11, last: { relation: "behind", by: 4 } });
  const forward = await step();
  expect(forward.lines.find(({ event }) => event === "published")).toMatchObject({ release, root, portal, head });
  await step();
  expect(steps).toEqual([]);
  expect(await readFile(join(shore, "tree.yaml"), "utf8")).toBe(await readFile(join(ship, "tree.yaml"), "utf8"));

  await published(ship, "new", "mine");
  await published(shore, "new", "yours");
  const again = join(around, "again.car");
  expect((await run(shore, "car", "export", "--scope", "release", "-o", again)).code).toBe(0);
  const refused = await run(ship, "log", "adopt", again);
  expect(refused.code).toBe(5);
  expect(refused.lines.find(({ event }) => event === "conflict")).toMatchObject({
    ...{ path: "new", base: null, ours: leaf("mine"), theirs: leaf("yours") },
  });
});

it("compare by a domain that leads to the other site's release, asked where --dns says", {
  timeout: 120_000,
}, async () => {
  const around = await aFolder({ "shore/campaign.yaml": "campaign: test\n", "shore/tree.yaml": "" });
  const [ship, shore] = [join(around, "ship"), join(around, "shore")];
  await published(shore, "shared", "A");
  await cp(shore, ship, { recursive: true });
  const theirs = await published(shore, "shore", "B");
  const file = join(around, "shore.car");
  expect((await run(shore, "car", "export", "--scope", "release", "-o", file)).code).toBe(0);
  expect((await run(ship, "car", "import", file)).code).toBe(0);
  const link = `dnslink=/ipfs/${theirs.head}`;
  const dns = await fakeDns(fromTable("example", { "_dnslink.shore.example TXT": [link] }));
  const by = ["shore.example", "--dns", dns.address];
  const compared = await run(ship, "log", "compare", ...by);
  expect(compared.last, compared.stderr).toMatchObject({ relation: "behind", by: 1 });
  const adopted = await run(ship, "log", "adopt", ...by);
  expect(adopted.code, adopted.stderr).toBe(0);
  expect((await run(ship, "log", "compare", file)).last).toMatchObject({ relation: "equal" });
});
