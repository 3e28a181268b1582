/** `kill -9` of a publish at everything it asks of others: running it again makes what would have been made. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Answer, decode, encode } from "dns-packet";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aFolder, fieldtree, start } from "../commands/program.ts";
import { dnsServers, type Primary, startBind } from "../servers/dns.ts";
import { overTcp } from "../servers/doh.ts";
import { type GitHost, startGitHost } from "../servers/git-http.ts";
import { type Kubo, kuboBinary, startKubo } from "../servers/kubo.ts";
import { type Gates, gitExchange, openGates, type When } from "./gates.ts";

describe.skipIf(!(await kuboBinary()) || !dnsServers())("a publish that is killed", { timeout: 240_000 }, () => {
  let bind: Primary;
  let mirrors: readonly Kubo[];
  let git: GitHost;
  let campaigns = 0;

  beforeAll(async () => {
    const others = [1, 2, 3, 4].map((i) => `_dnslink.${i} TXT "kept=by-others"\n`);
    const zones = { "example.test": others.join("") };
    [bind, git, ...mirrors] = await Promise.all([startBind({ zones }), startGitHost(), startKubo(), startKubo()]);
  });
  afterAll(() => Promise.all([bind, git, ...(mirrors ?? [])].map((server) => server?.stop())));

  /** A dataset added to a campaign that two mirrors are to keep, whose log is on a git branch, with two names. */
  async function aCampaign() {
    const gates = openGates();
    const name = `${++campaigns}.example.test`;
    const repository = new URL(await git.repository(`${campaigns}.git`)).pathname;
    const [remote, server, ...apis] = await Promise.all([
      gates.http(git.address, gitExchange),
      gates.dns(bind.address),
      ...mirrors.map(({ api }) => gates.http(api, ({ url }) => `mirror ${url.pathname.replace("/api/v0/", "")}`)),
    ]);
    const dns = `provider: { kind: rfc2136, server: "${server}", key: DNS_KEY }, authorities: ["${server}"]`;
    const files = {
      "campaign.yaml": `campaign: kill
log: { kind: git, remote: "${remote}${repository}" }
pins:
  services:
${apis.map((api, i) => `    - { name: mirror-${i}, kind: kubo, api: "${api}" }\n`).join("")}
names:
  - { domain: ${name}, to: tree, ${dns} }
  - { domain: portal.${name}, to: portal, ${dns} }
`,
      "tree.yaml": "",
      "camera/dataset_meta.yaml": "attributes: { title: Cloud camera }\n",
      "camera/video.mp4": new Uint8Array(600_000).fill(3),
    };
    const cwd = await aFolder(files);
    const env = { DNS_KEY: bind.key, SOURCE_DATE_EPOCH: "1723291200" };
    const run = async (...args: string[]) => {
      const ran = await fieldtree([...args, "--json"], { cwd, env });
      expect(ran.code, `${args}: ${ran.stderr}`).toBe(0);
      return ran.json();
    };
    await run("add", "camera", "--at", "products/camera");

    /** Publish, and end it where `at` says so. Resolves to whether it came to that. */
    const killed = async (at: (exchange: string, when: When) => boolean): Promise<boolean> => {
      gates.passed.length = 0;
      const publishing = start(["publish", "--json"], { cwd, env });
      let dead = false;
      gates.guard = async (exchange, when) => {
        if (!dead && at(kindOf(exchange, gates), when)) {
          dead = true;
          publishing.kill("SIGKILL");
          await publishing;
        }
        return !dead;
      };
      const { exitCode, stderr } = await publishing;
      gates.guard = () => true;
      expect(dead ? 0 : exitCode, stderr).toBe(0);
      return dead;
    };

    /** All texts at both names, and which branches the log's repository has. */
    const outside = async () => {
      const texts = (await Promise.all([name, `portal.${name}`].map((domain) => textsAt(bind, domain)))).flat();
      const format = "--format=%(refname:lstrip=2)";
      const { stdout } = await execa("git", ["for-each-ref", format], { cwd: join(git.folder, repository) });
      return { texts, branches: stdout.split("\n").filter(Boolean) };
    };

    const finished = async () => {
      const { changed, ...published } = (await run("publish")).at(-1);
      const pins = await Promise.all(mirrors.map((kubo) => kubo.ipfs("pin", "ls", "--type=recursive", "--names")));
      const files = await readdir(join(cwd, ".fieldtree"), { recursive: true });
      return {
        published,
        ...(await outside()),
        releases: await run("log"),
        pins: pins.map((lines) => lines.split("\n").sort()),
        // Locks of processes that are gone are in nobody's way; which packs and git objects there are tells of the way it went.
        files: files
          .filter((file) => !/^packs.(\d+.(car|index)|lock)$|^log.git.(objects.*[0-9a-f]{2}|refs.*kept)$/.test(file))
          .sort(),
      };
    };
    return { killed, outside, finished, count: () => gates.passed.length };
  }

  /** Nothing is kept any more of what was pinned. */
  async function forgetful(): Promise<void> {
    for (const kubo of mirrors) {
      const pins = (await kubo.ipfs("pin", "ls", "--type=recursive", "--quiet")).split("\n").filter(Boolean);
      if (pins.length > 0) await kubo.ipfs("pin", "rm", ...pins);
      await kubo.ipfs("repo", "gc", "--quiet");
    }
  }

  /** What a publish that nobody kills asks of others, each kind once, and what comes of it. */
  async function publishedWhole() {
    await forgetful();
    const campaign = await aCampaign();
    const kinds = new Set<string>();
    await campaign.killed((exchange) => {
      kinds.add(exchange);
      return false;
    });
    return { kinds: [...kinds], count: campaign.count(), wanted: await campaign.finished() };
  }
  let once: ReturnType<typeof publishedWhole> | undefined;
  const unkilled = () => (once ??= publishedWhole());

  it("before each kind of exchange, one run after another, is finished by running again", async () => {
    const { kinds, wanted } = await unkilled();
    expect(kinds).toEqual([
      "git look",
      "git take the lease",
      "dns query",
      "mirror pin/ls",
      "mirror dag/import",
      "mirror block/put",
      "mirror pin/add",
      "mirror block/get",
      "git release",
      "dns update",
      "dns read back",
      "git give the lease back",
    ]);
    expect(await killedAtEach(kinds, "before", wanted)).toEqual(wanted);
  });

  it("after each that changes something, before the answer came, is finished by running again", async () => {
    const { kinds, wanted } = await unkilled();
    const changing = kinds.filter((kind) => /take|import|put|add|release|update|give/.test(kind));
    expect(await killedAtEach(changing, "after", wanted)).toEqual(wanted);
  });

  async function killedAtEach(kinds: readonly string[], moment: When, wanted: { readonly texts: readonly string[] }) {
    await forgetful();
    const { killed, outside, finished } = await aCampaign();
    for (const kind of kinds) {
      expect(await killed((exchange, when) => exchange === kind && when === moment), `reached: ${kind}`).toBe(true);
      const { texts, branches } = await outside();
      const links = texts.filter((text) => text.startsWith("dnslink="));
      expect(links.length === 0 || branches.includes("campaign/state"), `${links}, and nothing released`).toBe(true);
      for (const text of texts) expect(wanted.texts).toContain(text);
    }
    return finished();
  }

  it("at any exchange, again and again, is finished by running again", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { count, wanted } = await unkilled();
    await forgetful();
    const { killed, finished } = await aCampaign();
    for (let i = 0; i < 5; i++) {
      const point = (seed + i * 2_654_435_761) % (2 * count);
      let met = 0;
      await killed(() => met++ === point);
    }
    expect(await finished(), `seed ${seed}`).toEqual(wanted);
  });
});

/** A question to the DNS after an update reads it back. */
const kindOf = (exchange: string, { passed }: Gates) =>
  exchange === "dns query" && passed.includes("dns update") ? "dns read back" : exchange;

async function textsAt({ address }: Primary, domain: string): Promise<string[]> {
  const question = encode({ type: "query", id: 1, questions: [{ type: "TXT", name: `_dnslink.${domain}` }] });
  const { answers = [] } = decode(await overTcp(address, question));
  return answers.map((answer) => Buffer.concat((answer as Answer & { data: Buffer[] }).data).toString()).sort();
}
