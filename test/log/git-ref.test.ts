import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { fileOf } from "../../pipeline/dag/build/file.ts";
import { profiles } from "../../pipeline/dag/profile.ts";
import { releasesFrom } from "../../pipeline/log/chain.ts";
import { type GitLogOptions, gitLog } from "../../pipeline/log/git-ref.ts";
import { releaseBlock } from "../../pipeline/log/release.ts";
import { logContract } from "../contracts/log.ts";
import { commitTo, longLog, type Put } from "../fakes/git-log.ts";
import { fakeHome } from "../fakes/home.ts";
import { temporaryFolder } from "../fakes/parts.ts";
import { aCid, aRelease, spelled } from "../fakes/release.ts";
import { testWorld } from "../fakes/world.ts";
import { type GitHost, startGitHost } from "../servers/git-http.ts";

const branch = "campaign/state";
const canary = "c4n4ry-t0ken";
const world = testWorld({ now: () => new Date("2024-08-10T12:00:00Z") });

let host: GitHost;
let guarded: GitHost;
beforeAll(async () => {
  host = await startGitHost();
  guarded = await startGitHost({ user: "anna", password: canary });
});
afterAll(() => Promise.all([host.stop(), guarded.stop()]));

let made = 0;
async function aRemote(on: GitHost = host) {
  const path = `org/${made++}.git`;
  const address = await on.repository(path);
  return { address, folder: join(on.folder, path) };
}

/** A machine that never saw the log: an empty node, and nothing remembered. */
async function aMachine(remote: string, given: Partial<GitLogOptions> = {}) {
  const state = await temporaryFolder();
  const options = { folder: state, remote, branch, state, blocks: fakeHome(), holder: "anna@laptop", ...given };
  return { state, open: () => gitLog(options) };
}

describe("a log on a git branch, on one machine", () => {
  logContract(async () => {
    const folder = await temporaryFolder();
    await execa("git", ["init", "--quiet", "--bare", folder]);
    return aMachine(folder);
  });
});

describe("a log on a git branch over HTTP, on another machine each time", () => {
  logContract(async () => {
    const { address } = await aRemote();
    const states = await temporaryFolder();
    let machines = 0;
    return {
      open: () => {
        const state = join(states, `${machines++}`);
        return gitLog({ folder: states, remote: address, branch, state, blocks: fakeHome(), holder: "anna@laptop" });
      },
    };
  });
});

describe("publishers who race", () => {
  it("win one at a time, twenty times, and leave numbers without gaps", async () => {
    const address = await temporaryFolder();
    await execa("git", ["init", "--quiet", "--bare", address]);
    const rivals = [await aMachine(address), await aMachine(address)].map(({ open }) => open());
    for (let round = 1; round <= 20; round++) {
      const heads = await Promise.all(rivals.map((rival) => rival.head(world)));
      const releases = heads.map((head, i) =>
        aRelease(round, { previous: head?.cid ?? null, made: "2024-08-01T00:00:00Z", why: `rival ${i}` }),
      );
      const outcomes = await Promise.allSettled(rivals.map((rival, i) => rival.append(releases[i]!, heads[i], world)));
      expect(outcomes.map(({ status }) => status).sort(), `round ${round}`).toEqual(["fulfilled", "rejected"]);
      const lost = outcomes.find(({ status }) => status === "rejected") as PromiseRejectedResult;
      expect(lost.reason, `round ${round}`).toMatchObject({ kind: "conflict" });
    }
    const { open } = await aMachine(address);
    const numbers: number[] = [];
    for await (const { release } of releasesFrom(await open().head(world), open(), world)) numbers.push(release.number);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => 20 - i));
  }, 120_000);

  it("do not both win with the very same release in the very same second", async () => {
    const { address } = await aRemote();
    const rivals = await Promise.all(Array.from({ length: 4 }, () => aMachine(address)));
    const outcomes = await Promise.allSettled(rivals.map(({ open }) => open().append(aRelease(1), undefined, world)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("overwrite nothing that was pushed since they looked", async () => {
    const { address } = await aRemote();
    const [one, other] = [(await aMachine(address)).open(), (await aMachine(address)).open()];
    const first = await one.append(aRelease(1), undefined, world);
    const seen = await other.head(world);
    const second = await one.append(aRelease(2, { previous: first.cid }), first, world);
    const late = aRelease(2, { previous: first.cid, why: "late" });
    await expect(other.append(late, seen, world)).rejects.toMatchObject({ kind: "conflict" });
    expect(spelled(await other.head(world))).toEqual(spelled(second));
  });

  it("do not conflict with a change to another file of the branch", async () => {
    const { address } = await aRemote();
    const [one, other] = [await aMachine(address), await aMachine(address)];
    await Promise.all([
      one.open().append(aRelease(1), undefined, world),
      other.open().attachments.write("ipns/key", Uint8Array.of(1), world),
    ]);
    expect((await other.open().head(world))?.release.number).toBe(1);
    expect(await one.open().attachments.read("ipns/key", world)).toHaveLength(1);
  });
});

describe("a branch that does not continue what was seen", () => {
  async function aSeenLog() {
    const { address, folder } = await aRemote();
    const machine = await aMachine(address);
    const first = await machine.open().append(aRelease(1), undefined, world);
    const second = await machine.open().append(aRelease(2, { previous: first.cid }), first, world);
    return { address, folder, machine, first, second };
  }

  it("is refused as corrupt, naming both heads, where it was rewritten by force", async () => {
    const { folder, machine, second } = await aSeenLog();
    const other = await longLog(folder, branch, 2, { campaign: "another" });
    const refused = await machine
      .open()
      .head(world)
      .catch((error) => error);
    expect(refused).toMatchObject({ kind: "corrupt", hint: expect.stringContaining("seen-campaign-state") });
    expect(refused.message).toContain(`${second.cid}`);
    expect(refused.message).toContain(`${other.cid}`);
  });

  it("is refused where it is longer than before, but another one", async () => {
    const { folder, machine } = await aSeenLog();
    await longLog(folder, branch, 5, { campaign: "another" });
    await expect(machine.open().head(world)).rejects.toMatchObject({ kind: "corrupt" });
    const next = aRelease(3, { previous: aCid("x") });
    await expect(
      machine.open().append(next, { cid: aCid("x"), release: aRelease(2, { previous: aCid("y") }) }, world),
    ).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("is refused where its head went back, by however friendly a push", async () => {
    const { folder, machine, first } = await aSeenLog();
    await commitTo(folder, branch, { head: `${first.cid}\n` });
    await expect(machine.open().head(world)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("is refused where it is gone", async () => {
    const { folder, machine, second } = await aSeenLog();
    await execa("git", ["-C", folder, "update-ref", "-d", `refs/heads/${branch}`]);
    await expect(machine.open().head(world)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining(`${second.cid}`),
    });
  });

  it("is taken where only git's history was rewritten, and every release is still there", async () => {
    const { folder, machine, first, second } = await aSeenLog();
    const blocks = [first, second].map(({ release }) => releaseBlock(release));
    const files = blocks.map(({ cid, bytes }) => [`releases/${`${cid}`.slice(-2)}/${cid}`, bytes] as const);
    await commitTo(folder, branch, { head: `${second.cid}\n`, ...Object.fromEntries(files) }, { instead: true });
    expect(`${(await machine.open().head(world))?.cid}`).toBe(`${second.cid}`);
  });

  it("is taken on a machine that was away while others published", async () => {
    const { address, machine, second } = await aSeenLog();
    const other = (await aMachine(address)).open();
    const third = await other.append(aRelease(3, { previous: second.cid }), second, world);
    await other.append(aRelease(4, { previous: third.cid }), third, world);
    expect((await machine.open().head(world))?.release.number).toBe(4);
  });
});

describe("a push whose answer is lost", () => {
  it("counts as what it was: without effect, or with", async () => {
    const { address } = await aRemote();
    const { open } = await aMachine(address);
    host.next("lost before");
    await expect(open().append(aRelease(1), undefined, world)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await open().head(world)).toBeUndefined();
    host.next("lost after");
    const { cid } = await open().append(aRelease(1), undefined, world);
    expect(`${(await open().head(world))?.cid}`).toBe(`${cid}`);
  });

  it("is found as head by the next run, when no answer came at once", async () => {
    const { address } = await aRemote();
    const { open } = await aMachine(address);
    host.next("lost after", 500);
    await expect(open().append(aRelease(1), undefined, world)).rejects.toMatchObject({ kind: "unavailable" });
    const head = await open().head(world);
    expect(spelled(head?.release)).toEqual(spelled(aRelease(1)));
    await open().append(aRelease(2, { previous: head!.cid }), head, world);
  });
});

describe("what others have put on the branch", () => {
  const release = releaseBlock(aRelease(1));
  const place = `releases/${`${release.cid}`.slice(-2)}/${release.cid}`;
  const good = { head: `${release.cid}\n`, [place]: release.bytes };

  it("is read where it is what it should be", async () => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, good);
    expect((await (await aMachine(address)).open().head(world))?.release.number).toBe(1);
  });

  const large = new Uint8Array(300).fill(98);
  const hostile: readonly (readonly [string, Readonly<Record<string, Put | Put["bytes"]>>])[] = [
    ["a head that is no CID", { ...good, head: "<<<<<<< HEAD\n" }],
    ["a head that names no release", { ...good, head: `${aCid("data")}\n` }],
    ["a head that is a link", { ...good, head: { mode: "120000", bytes: `${release.cid}` } }],
    ["a head that is a folder", { ...good, "head/head": `${release.cid}\n` }],
    ["a head far too long", { ...good, head: large }],
    ["a release that is a link", { ...good, [place]: { mode: "120000", bytes: "/etc/passwd" } }],
    ["a release that is a program", { ...good, [place]: { mode: "100755", bytes: release.bytes } }],
    ["a release that is another", { ...good, [place]: releaseBlock(aRelease(1, { campaign: "another" })).bytes }],
    ["a release that is none", { ...good, [place]: "not dag-cbor" }],
    ["releases that are a file", { head: good.head, releases: "none" }],
    ["releases that are a link", { head: good.head, releases: { mode: "120000", bytes: ".." } }],
  ];
  it.each(hostile)("is refused as corrupt: %s", async (_, files) => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, files);
    await expect((await aMachine(address)).open().head(world)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("is out of reach where the head names a release that is on no source", async () => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, { head: good.head });
    await expect((await aMachine(address)).open().head(world)).rejects.toMatchObject({ kind: "unavailable" });
  });

  const text = Buffer.from("a: bafkqaaa\n");
  const tree = fileOf(text, profiles["cid-v1"], () => undefined).cid;
  const published = aRelease(1, { tree });
  const { cid: publishedCid, bytes: publishedBytes } = releaseBlock(published);
  const trees = `trees/${`${tree}`.slice(-2)}/${tree}`;
  const carrying = (files: Readonly<Record<string, Put | Put["bytes"]>>) => ({
    head: `${publishedCid}\n`,
    [`releases/${`${publishedCid}`.slice(-2)}/${publishedCid}`]: publishedBytes,
    ...files,
  });

  it("is believed of a tree.yaml where it is the one that the release names", async () => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, carrying({ [`${trees}/tree.yaml`]: text, [`${trees}/sizes`]: "12\n" }));
    const source = await (await aMachine(address)).open().source(published, world);
    expect([Buffer.from(source!.text).toString(), source!.sizes]).toEqual(["a: bafkqaaa\n", [12]]);
  });

  it.each([
    ["another", { [`${trees}/tree.yaml`]: "a: bafkqabi\n" }],
    ["a link", { [`${trees}/tree.yaml`]: { mode: "120000", bytes: "/etc/passwd" } }],
    ["in a link", { trees: { mode: "120000", bytes: ".." } }],
  ])("is refused as corrupt of a tree.yaml that is %s", async (_, files) => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, carrying(files));
    const log = (await aMachine(address)).open();
    expect((await log.head(world))?.release.number).toBe(1);
    await expect(log.source(published, world)).rejects.toMatchObject({ kind: "corrupt" });
  });

  it("is used of a tree.yaml alone where its sizes are none", async () => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, carrying({ [`${trees}/tree.yaml`]: text, [`${trees}/sizes`]: "many\n" }));
    const source = await (await aMachine(address)).open().source(published, world);
    expect([Buffer.from(source!.text).toString(), source!.sizes]).toEqual(["a: bafkqaaa\n", undefined]);
  });

  it.each([
    ["is a link", { mode: "120000", bytes: "/etc/passwd" }],
    ["is far too large", { bytes: new Uint8Array(2 ** 20 + 1) }],
  ])("is refused as an attachment where it %s", async (_, file) => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, { ...good, "beside/ipns/key": file });
    const { open } = await aMachine(address);
    await expect(open().attachments.read("ipns/key", world)).rejects.toMatchObject({ kind: "corrupt" });
    expect((await open().head(world))?.release.number).toBe(1);
  });

  it("stays as it is when a release is appended, where fieldtree doesn't know it", async () => {
    const { address, folder } = await aRemote();
    await commitTo(folder, branch, { ...good, "notes/why.md": "because" });
    const log = (await aMachine(address)).open();
    const head = await log.head(world);
    await log.append(aRelease(2, { previous: head!.cid }), head, world);
    const { stdout } = await execa("git", ["-C", folder, "ls-tree", "-r", "--name-only", branch]);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(["README.md", "head", "notes/why.md", place]));
  });
});

describe("the way to the remote", () => {
  const guardedUrl = (address: string) => address.replace("http://", `http://anna:${canary}@`);

  it.each([
    [401, "refused"],
    [403, "refused"],
    [429, "unavailable"],
    [500, "unavailable"],
  ] as const)("is classified by its answer: %i is %s", async (status, kind) => {
    const { address } = await aRemote();
    host.next(status);
    await expect((await aMachine(address)).open().head(world)).rejects.toMatchObject({ kind });
  });

  it("is refused where there is no repository, and unavailable where there is no server", async () => {
    await expect((await aMachine(`${host.address}/org/none.git`)).open().head(world)).rejects.toMatchObject({
      kind: "refused",
    });
    await expect((await aMachine("http://127.0.0.1:9/x.git")).open().head(world)).rejects.toMatchObject({
      kind: "unavailable",
    });
  });

  it.each(["ext::sh -c touch% /tmp/x", "--upload-pack=touch", "nowhere"])("is never %j", async (remote) => {
    const refused = await (await aMachine(remote))
      .open()
      .head(world)
      .catch((error) => error);
    expect(["input", "refused"]).toContain(refused.kind);
  });

  it("is refused where the branch is protected, with the server's message", async () => {
    const { address, folder } = await aRemote();
    await writeFile(join(folder, "hooks", "pre-receive"), "#!/bin/sh\necho only robots may push >&2\nexit 1\n", {
      mode: 0o755,
    });
    await expect((await aMachine(address)).open().append(aRelease(1), undefined, world)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("only robots may push"),
    });
  });

  it("may contain a password, which is shown nowhere: not in messages, files or the list of processes", async () => {
    const { address } = await aRemote(guarded);
    const { state, open } = await aMachine(guardedUrl(address));
    guarded.next("slow");
    const appending = open().append(aRelease(1), undefined, world);
    await guarded.held();
    const processes = await execa("ps", ["-eo", "args"]);
    expect(processes.stdout).toContain("push");
    expect(processes.stdout).not.toContain(canary);
    guarded.goOn();
    await appending;
    expect(open().name).toBe(`branch ${branch} of ${address}`);

    const failures: string[] = [];
    const fails = async (work: Promise<unknown>) => {
      const error = await work.then(
        () => new Error("did not fail"),
        (error: Error & { hint?: string }) => error,
      );
      failures.push(`${error.stack} ${"hint" in error && error.hint} ${JSON.stringify(error)} ${error.cause}`);
    };
    for (const status of [401, 403, 500] as const) {
      guarded.next(status);
      await fails(open().head(world));
    }
    const { address: another } = await aRemote(guarded);
    guarded.next("lost before");
    await fails((await aMachine(guardedUrl(another))).open().append(aRelease(1), undefined, world));
    await fails((await aMachine(`${guardedUrl(guarded.address)}/none.git`)).open().head(world));
    await fails((await aMachine(`http://anna:${canary}@127.0.0.1:9/x.git`)).open().head(world));
    expect(failures.join("\n")).toContain("127.0.0.1");
    expect([...failures, ...world.lines].join("\n")).not.toContain(canary);
    expect(await everythingIn(state)).not.toContain(canary);
  });

  it("is the one that git in the checkout knows by that name, with what opens it there, and nothing of it changes", async () => {
    const { address } = await aRemote(guarded);
    const checkout = await temporaryFolder();
    const git = (...args: string[]) => execa("git", ["-C", checkout, ...args]);
    await git("init", "--quiet");
    await git("remote", "add", "origin", address);
    // As `actions/checkout` leaves it.
    const basic = Buffer.from(`anna:${canary}`).toString("base64");
    await git("config", `http.${guarded.address}/.extraheader`, `AUTHORIZATION: basic ${basic}`);
    // As nobody should be troubled by: hooks that refuse, signing without a key.
    await writeFile(join(checkout, ".git", "hooks", "pre-push"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    await git("config", "commit.gpgSign", "true");
    await git("config", "push.gpgSign", "true");
    await mkdir(join(checkout, "campaign"));
    const before = await everythingIn(checkout);

    const { open } = await aMachine("origin", { folder: join(checkout, "campaign") });
    const { cid } = await open().append(aRelease(1), undefined, world);
    expect(`${(await open().head(world))?.cid}`).toBe(`${cid}`);
    expect(await everythingIn(checkout)).toBe(before);
  });

  it("is the same whatever git's user configuration is, or inside of a hook", async () => {
    const { address } = await aRemote();
    const home = await temporaryFolder();
    for (const hook of ["pre-push", "reference-transaction"]) {
      await writeFile(join(home, hook), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    }
    const settings = ["[core]", `hooksPath = ${home}`, "[push]", "gpgSign = true", "[init]", "templateDir = /none"];
    await writeFile(join(home, "config"), settings.join("\n"));
    vi.stubEnv("GIT_CONFIG_GLOBAL", join(home, "config"));
    vi.stubEnv("GIT_DIR", "/none");
    vi.stubEnv("GIT_INDEX_FILE", "/none");
    vi.stubEnv("LANG", "de_DE.UTF-8");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { open } = await aMachine(address);
    const { cid } = await open().append(aRelease(1), undefined, world);
    expect(`${(await (await aMachine(address)).open().head(world))?.cid}`).toBe(`${cid}`);
  });

  it("is opened by the credential helper of the checkout", async () => {
    const { address } = await aRemote(guarded);
    const checkout = await temporaryFolder();
    await execa("git", ["-C", checkout, "init", "--quiet"]);
    const helper = `!f() { echo username=anna; echo password=${canary}; }; f`;
    await execa("git", ["-C", checkout, "config", "credential.helper", helper]);
    const { open } = await aMachine(address, { folder: checkout });
    await open().append(aRelease(1), undefined, world);
  });

  it("is reported as unknown where git knows no such remote", async () => {
    await expect((await aMachine("origin")).open().head(world)).rejects.toMatchObject({
      kind: "input",
      hint: expect.stringContaining("remote add origin"),
    });
  });
});

describe("a long log", () => {
  it("costs a machine that never saw it no more requests to append to than a short one", async () => {
    const requests: number[] = [];
    for (const length of [10, 1000]) {
      const { address, folder } = await aRemote();
      await longLog(folder, branch, length);
      const log = (await aMachine(address)).open();
      const head = await log.head(world);
      const before = host.requests.length;
      await log.append(aRelease(length + 1, { previous: head!.cid, made: "2024-08-01T00:00:00Z" }), head, world);
      requests.push(host.requests.length - before);
    }
    expect(requests[1]).toBe(requests[0]);
  });

  it("is walked after one fetch of all its releases", async () => {
    const { address, folder } = await aRemote();
    await longLog(folder, branch, 300);
    const log = (await aMachine(address)).open();
    const head = await log.head(world);
    const before = host.requests.length;
    let count = 0;
    for await (const _ of releasesFrom(head, log, world)) count++;
    expect(count).toBe(300);
    expect(host.requests.length - before).toBeLessThanOrEqual(3);
  });
});

/** Names and contents of all files below `folder`. */
async function everythingIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const contents = await Promise.all(paths.sort().map(async (path) => `${path}\n${await readFile(path, "latin1")}`));
  return contents.join("\n");
}
