/** Two machines without a network between them, and a stick that carries CARs both ways. */
import { appendFile, cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CID } from "multiformats/cid";
import { identity } from "multiformats/hashes/identity";
import { expect, it } from "vitest";
import { codecs } from "../../pipeline/dag/block.ts";
import { aCampaign, aFolder, fieldtree } from "../commands/program.ts";

async function run(cwd: string, ...args: string[]) {
  const ran = await fieldtree([...args, "--json"], { cwd, env: { SOURCE_DATE_EPOCH: "1767225600" } });
  return { code: ran.code, last: ran.json().at(-1), lines: ran.json(), stderr: ran.stderr };
}

/** A leaf whose bytes are in its CID, so that nothing has to be added. */
const leaf = (text: string) => CID.createV1(codecs.raw, identity.digest(new TextEncoder().encode(text))).toString();

async function published(cwd: string, path: string, text: string) {
  await appendFile(join(cwd, "tree.yaml"), `${path}: ${leaf(text)}\n`);
  const { code, last, stderr } = await run(cwd, "publish");
  expect(code, stderr).toBe(0);
  return last;
}

it("have one log again after a stick went both ways, and a conflict shows both sides", {
  timeout: 240_000,
}, async () => {
  const ship = await aCampaign();
  await published(ship, "shared", "A");
  const shore = await aFolder();
  await cp(ship, shore, { recursive: true });
  for (const number of [1, 2, 3]) {
    await published(ship, `ship-${number}`, `ship ${number}`);
    await published(shore, `shore-${number}`, `shore ${number}`);
  }

  const stick = join(await aFolder(), "shore.car");
  expect((await run(shore, "car", "export", "--scope", "release", "--since", "1", "-o", stick)).code).toBe(0);
  const imported = await run(ship, "car", "import", stick);
  expect(imported.last.log).toMatchObject({ relation: "diverged", at: 1, ahead: 3, behind: 3 });
  // It is known from then on, until it is merged.
  const fork = await run(ship, "verify");
  expect([fork.code, fork.lines.find(({ ok }) => ok === false)]).toMatchObject([7, { check: "log", problem: "drift" }]);
  expect(await run(ship, "log", "compare", stick, "--exit-code")).toMatchObject({
    code: 12,
    last: { relation: "diverged" },
  });

  const adopted = await run(ship, "log", "adopt", stick);
  expect(adopted, adopted.stderr).toMatchObject({ code: 0, last: { event: "adopted", relation: "diverged" } });
  const { release, root, portal, head } = adopted.lines.find(({ event }) => event === "published");
  expect(release).toBe(5);
  expect((await run(ship, "verify", "--deep")).code).toBe(0);

  const back = join(await aFolder(), "ship.car");
  expect((await run(ship, "car", "export", "--scope", "release", "-o", back)).code).toBe(0);
  const forward = await run(shore, "log", "adopt", back);
  expect(forward, forward.stderr).toMatchObject({ code: 0, last: { relation: "behind", by: 4 } });
  expect(forward.lines.find(({ event }) => event === "published")).toMatchObject({ release, root, portal, head });
  expect((await run(shore, "verify", "--deep")).code).toBe(0);
  expect(await readFile(join(shore, "tree.yaml"), "utf8")).toBe(await readFile(join(ship, "tree.yaml"), "utf8"));

  await published(ship, "new", "mine");
  await published(shore, "new", "yours");
  const again = join(await aFolder(), "again.car");
  expect((await run(shore, "car", "export", "--scope", "release", "-o", again)).code).toBe(0);
  const refused = await run(ship, "log", "adopt", again);
  expect(refused.code).toBe(5);
  expect(refused.lines.find(({ event }) => event === "conflict")).toMatchObject({
    ...{ path: "new", base: null, ours: leaf("mine"), theirs: leaf("yours") },
  });
});
