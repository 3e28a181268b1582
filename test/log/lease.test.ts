import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { gitLeases } from "../../pipeline/log/git/lease.ts";
import { repositoryIn } from "../../pipeline/log/git/repository.ts";
import { localLeases } from "../../pipeline/log/local-lease.ts";
import { commitTo } from "../fakes/git-log.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { testWorld } from "../fakes/world.ts";
import { type GitHost, startGitHost } from "../servers/git-http.ts";

const branch = "campaign/state-lease";
const at = (time: string) => testWorld({ now: () => new Date(`2024-08-10T${time}Z`) });
const noon = at("12:00:00");

let host: GitHost;
beforeAll(async () => {
  host = await startGitHost();
});
afterAll(() => host.stop());

let made = 0;
async function aRemote() {
  const path = `org/${made++}.git`;
  return { address: await host.repository(path), folder: join(host.folder, path) };
}

async function machine(remote: string, holder = "anna@laptop", term?: number) {
  const state = await temporaryFolder();
  return on(state, remote, holder, term);
}

/** As another process on the machine whose state that is. */
function on(state: string, remote: string, holder = "anna@laptop", term?: number) {
  const repository = repositoryIn({ folder: join(state, "log.git"), checkout: state, remote });
  const [here, memory] = [localLeases(join(state, "publish.lock")), join(state, "log", "lease")];
  return gitLeases(repository, { branch, holder, here, memory, ...(term !== undefined && { term }) });
}

async function taken(leases: Awaited<ReturnType<typeof machine>>, world = noon) {
  const held = await leases.take("publishing", world);
  onTestFinished(() => held.release());
  return held;
}

describe("a lease that several machines share", () => {
  it("says who has it, what for, since when and until when", async () => {
    const { address } = await aRemote();
    await taken(await machine(address));
    expect(await (await machine(address)).show(noon)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      holder: "anna@laptop",
      what: "publishing",
      since: "2024-08-10T12:00:00.000Z",
      until: "2024-08-10T12:10:00.000Z",
    });
  });

  it("keeps others out until its end, and not after it", async () => {
    const { address } = await aRemote();
    const first = await taken(await machine(address));
    const other = await machine(address, "ci");
    await expect(other.take("publishing", at("12:09:59"))).rejects.toMatchObject({
      kind: "refused",
      message:
        "anna@laptop is publishing, and has been since 2024-08-10T12:00:00.000Z, until 2024-08-10T12:10:00.000Z unless renewed",
    });
    const second = await taken(other, at("12:10:00"));
    expect(second.lease.holder).toBe("ci");
    await first.release();
    expect(await other.show(noon)).toEqual(second.lease);
  });

  it("goes to exactly one of many who take over an old one in the same second, with the same words", async () => {
    const { address } = await aRemote();
    await taken(await machine(address));
    const late = at("12:30:00");
    const rivals = await Promise.all(Array.from({ length: 5 }, () => machine(address)));
    const outcomes = await Promise.allSettled(rivals.map((rival) => taken(rival, late)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is one commit, and no branch once it was given back", async () => {
    const { address, folder } = await aRemote();
    const held = await taken(await machine(address));
    const git = (...args: string[]) => execa("git", ["-C", folder, ...args]);
    expect((await git("rev-list", "--count", branch)).stdout).toBe("1");
    expect((await git("log", "-1", "--format=%B", branch)).stdout).toContain("[skip ci]");
    await held.release();
    expect((await git("for-each-ref")).stdout).toBe("");
  });

  it("is renewed while its holder works", async () => {
    const { address } = await aRemote();
    let now = Date.UTC(2024, 7, 10, 12);
    const clock = testWorld({ now: () => new Date(now) });
    const held = await taken(await machine(address, "anna@laptop", 12_000), clock);
    now += 60_000;
    const other = await machine(address);
    await expect
      .poll(() => other.show(noon), { timeout: 30_000 })
      .toMatchObject({
        id: held.lease.id,
        since: held.lease.since,
        until: new Date(now + 12_000).toISOString(),
      });
    expect(held.lost.aborted).toBe(false);
  });

  it("tells its holder that it was broken, when it is renewed", async () => {
    const { address } = await aRemote();
    const held = await taken(await machine(address, "anna@laptop", 12_000));
    const told = once(held.lost, "abort");
    expect(await (await machine(address)).break(noon)).toMatchObject({ id: held.lease.id });
    await told;
    expect(held.lost.reason).toMatchObject({
      kind: "conflict",
      message: expect.stringMatching(/broken, or taken over/),
    });
  });

  it("is lost when it could not be renewed before its end", async () => {
    const { address, folder } = await aRemote();
    const held = await taken(await machine(address, "anna@laptop", 1500));
    const told = once(held.lost, "abort");
    // Whoever pushes is refused by a server that lost its disk.
    await execa("mv", [folder, `${folder}.gone`]);
    await told;
    expect(held.lost.reason).toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("could not be renewed"),
    });
  });

  it("survives an answer that was lost on its way back", async () => {
    const { address } = await aRemote();
    const leases = await machine(address);
    host.next("lost after");
    const held = await taken(leases);
    expect(await leases.show(noon)).toEqual(held.lease);
    host.next("lost after");
    await held.release();
    expect(await leases.show(noon)).toBeUndefined();
  });

  describe("whose process was killed", () => {
    /** A lease that stands on the branch, and a lock whose process there is none of. */
    async function leftBehind() {
      const { address } = await aRemote();
      const state = await temporaryFolder();
      const held = await taken(on(state, address));
      const lock = join(state, "publish.lock");
      await writeFile(lock, JSON.stringify({ ...JSON.parse(await readFile(lock, "utf8")), pid: 2 ** 22 + 1 }));
      return { address, state, held };
    }

    it("is taken over at once by the next on that machine, and shown as what it is until then", async () => {
      const { address, state, held } = await leftBehind();
      const next = on(state, address);
      expect(await next.show(noon)).toEqual({ ...held.lease, what: "publishing (that process is gone)" });
      const { lease } = await taken(next);
      expect(await (await machine(address)).show(noon)).toEqual(lease);
    });

    it("keeps other machines out until its end, for they can't know", async () => {
      const { address } = await leftBehind();
      await expect((await machine(address)).take("publishing", noon)).rejects.toMatchObject({ kind: "refused" });
    });

    it("is known as that also by the next but one, when the next could not reach the remote", async () => {
      const { address, state } = await leftBehind();
      host.next("lost before");
      await expect(on(state, address).take("publishing", noon)).rejects.toMatchObject({ kind: "unavailable" });
      await taken(on(state, address));
    });

    it("is not mistaken for one that another process took meanwhile", async () => {
      const { address, state } = await leftBehind();
      await taken(await machine(address, "ci"), at("12:30:00"));
      await expect(on(state, address).take("publishing", at("12:30:01"))).rejects.toMatchObject({
        message: expect.stringContaining("ci is publishing"),
      });
    });
  });

  it("that can't be released is reported, and does not fail the work", async () => {
    const { address } = await aRemote();
    const world = at("12:00:00");
    const held = await (await machine(address)).take("publishing", world);
    host.next("lost before");
    await held.release();
    expect(world.lines.join()).toContain("ends at 2024-08-10T12:10:00.000Z");
  });

  it.each([
    ["no JSON", { "lease.json": "<<<<<<<" }],
    ["JSON of something else", { "lease.json": '{"id": 7}' }],
    ["a time that is none", { "lease.json": '{"id":"x","holder":"x","what":"x","since":"x","until":"never"}' }],
    ["a link", { "lease.json": { mode: "120000", bytes: "/etc/passwd" } }],
    ["nothing of ours", { "other.txt": "hello" }],
    ["far too much", { "lease.json": `"${"x".repeat(100_000)}"` }],
  ])("keeps others out until it is broken where it holds %s", async (_, files) => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, files);
    const leases = await machine(address);
    expect(await leases.show(noon)).toMatchObject({ holder: expect.stringContaining("doesn't name it") });
    await expect(leases.take("publishing", noon)).rejects.toMatchObject({ kind: "refused" });
    await leases.break(noon);
    await taken(leases);
  });

  it("steers no terminal with what others wrote into it", async () => {
    const { address, folder } = await aRemote();
    const words = { id: "x", holder: "\u001b[2Jnobody", what: "x", since: "2024-08-10", until: "2024-08-10" };
    await commitTo(folder, branch, { "lease.json": JSON.stringify(words) });
    expect((await (await machine(address)).show(noon))?.holder).toBe("\\u{1b}[2Jnobody");
  });
});
