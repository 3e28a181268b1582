/**
 * The plan of a pull request: 245 datasets, of which it adds one and changes two, from a fork.
 *
 * The program runs as `actions/plan` calls it: from its sources, in a fresh checkout of the base that remembers nothing,
 * against the box of `test/github`; the data lie on a Kubo whose gateway is named twice, and all three are 50 ms away
 * (`far.ts`). What `actions/setup` does before that, with npm's downloads at hand, is a line of its own.
 *
 * Compared with what a maintainer would do instead, without leaving the machine that has the data: assemble the merged tree in
 * Kubo's MFS, one `ipfs files` process a line, and for each of the three ask for its size and try both gateways. That gives
 * the same root, and no descriptions of the data.
 */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openBox } from "../test/github/box.ts";
import { mayReport } from "../test/github/jobs.ts";
import { kuboBinary, startKubo } from "../test/servers/kubo.ts";
import { relay } from "./far.ts";
import { inScratch, inSequence, inTurns, type Run, row, run } from "./measure.ts";

/** ms */
const roundTrip = 50;
const leaves = 245;
/** s, and calls of GitHub's API. */
const most = { plan: 2, withInstall: 10, calls: 15 };
const project = join(import.meta.dirname, "..");

const ipfs = await kuboBinary();
if (!ipfs) throw new Error("needs Kubo");
const [kubo, github] = await Promise.all([startKubo(), openBox()]);
const at = (url: string) => `tcp ${new URL(url).host}`;
const far = await relay(roundTrip, [at(github.api), at(kubo.gateway), at(kubo.gateway)]);
const [api, ...gateways] = far.addresses.map((address) => `http://${address}`) as [string, string, string];
try {
  await inScratch(async (folder) => {
    const { base, head, changed } = await twoTrees(folder);
    const repo = await github.repo({
      files: {
        "tree.yaml": textOf(base),
        "campaign.yaml": `campaign: bench\ngateways: ${JSON.stringify(gateways)}\n`,
        ".github/workflows/plan.yml": await readFile(join(project, ".github/workflows/plan.yml"), "utf8"),
      },
    });
    const fork = await repo.fork("visitor");
    const pull = await fork.openPull({ files: { "tree.yaml": textOf(head) }, title: "Level 2 of three flights" });
    const checkout = join(folder, "checkout");
    await repo.clone(checkout);

    /** `fieldtree github TASK`, as the action calls it on a runner that remembers nothing. */
    const job = async (task: "plan" | "report", api: string, { name, payload, token }: Event): Promise<Run> => {
      await rm(join(checkout, ".fieldtree"), { recursive: true, force: true });
      await writeFile(join(folder, "event.json"), JSON.stringify(payload));
      const env = {
        ...github.env,
        GITHUB_API_URL: api,
        GITHUB_ACTIONS: "true",
        GITHUB_REPOSITORY: repo.fullName,
        GITHUB_REF_NAME: "main",
        GITHUB_EVENT_NAME: name,
        GITHUB_EVENT_PATH: join(folder, "event.json"),
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
        GITHUB_TOKEN: token,
      };
      return run([process.execPath, join(project, "pipeline/bin.ts"), "github", task], { cwd: checkout, env });
    };
    const opened = { name: "pull_request", payload: pull.event("opened"), token: pull.token({ contents: "read" }) };

    const planned = await inTurns(5, {
      "actions/plan": () => job("plan", github.api.replace(github.origin, api), opened),
    });
    const found = JSON.parse(await readFile(join(checkout, "plan.json"), "utf8"));
    const byHand = await inTurns(1, { byHand: () => inSequence(questionsOf(head, changed), { IPFS_PATH: kubo.repo }) });
    const root = (await kubo.ipfs("files", "stat", "--hash", "/bench")).trim();
    const described = found.changes.filter(({ datasets }: { datasets: unknown[] }) => datasets.length === 1);
    if (found.state !== "ready" || described.length !== changed.length || found.root.to !== root)
      throw new Error(
        `Kubo built ${root}, fieldtree ${found.root.to}: ${found.state}, ${JSON.stringify(found.changes)}`,
      );
    row(`plan of a pull request, ${leaves} leaves, ${changed.length} changed, ${roundTrip} ms away`, {
      ...planned,
      "ipfs files, ipfs dag stat and curl": byHand.byHand!,
    });

    const installed = await inTurns(3, { "actions/setup": await installation(join(folder, "installed")) });
    row("install before it, npm's downloads at hand", installed);

    const artifacts = { plan: [{ name: "plan.json", data: JSON.stringify(found) }] };
    const follows = await repo.run({ workflow: "plan.yml", pull, artifacts });
    const ended = { name: "workflow_run", payload: await follows.event(), token: repo.token(mayReport) };
    github.journal.clear();
    // Not from afar: the box hands out artifacts at its own address.
    const report = await job("report", github.api, ended);
    const calls = github.journal.calls().length;
    row(`report of it, with ${calls} calls of GitHub's API, writes a second apart`, { "actions/report": report });

    const [ours, setup] = [planned["actions/plan"]!.seconds, installed["actions/setup"]!.seconds];
    if (ours > most.plan) throw new Error(`plan took ${ours.toFixed(2)} s, more than ${most.plan} s`);
    if (ours + setup > most.withInstall) throw new Error(`with install ${(ours + setup).toFixed(2)} s`);
    if (calls > most.calls) throw new Error(`report took ${calls} calls, more than ${most.calls}\n${github.journal}`);
  });
} finally {
  far.stop();
  await Promise.all([kubo.stop(), github.close()]);
}

interface Event {
  readonly name: string;
  readonly payload: unknown;
  readonly token: string;
}

/** CIDs by path. */
type Leaves = ReadonlyMap<string, string>;

/** Both sides, on Kubo, and the CIDs that only the head has. Each dataset is a real Zarr store with a title of its own. */
async function twoTrees(folder: string): Promise<{ base: Leaves; head: Leaves; changed: readonly string[] }> {
  const store = join(project, "sample/products/ALMA/surface_meteorology.zarr");
  const stores = join(folder, "stores");
  const names = Array.from({ length: leaves + 2 }, (_, i) => `${i}.zarr`);
  for (const name of names) {
    await cp(store, join(stores, name), { recursive: true });
    for (const file of [".zattrs", ".zmetadata"]) {
      const text = await readFile(join(stores, name, file), "utf8");
      await writeFile(join(stores, name, file), text.replace(/"title": "[^"]*"/, `"title": "Meteorology, ${name}"`));
    }
  }
  const output = await kubo.ipfs("add", "-r", "-H", "--cid-version=1", "--pin=false", "--progress=false", stores);
  const added = new Map(
    [...output.matchAll(/^added (\S+) stores\/(\d+\.zarr)$/gm)].map(([, cid, name]) => [name, cid!]),
  );
  const cids = names.map((name) => added.get(name)!);
  const head = new Map(cids.slice(0, leaves).map((cid, i) => [pathOf(i), cid]));
  const base = new Map(head);
  base.delete(pathOf(0));
  for (const i of [1, 2]) base.set(pathOf(i), cids[leaves + i - 1]!);
  return { base, head, changed: cids.slice(0, 3) };
}

/** Seven platforms of five instruments each, as a campaign has them. */
function pathOf(i: number): string {
  return `products/platform-${Math.floor(i / 35)}/instrument-${Math.floor(i / 7) % 5}/flight-${i % 7}.zarr`;
}

function textOf(tree: Leaves): string {
  const lines: string[] = [];
  const open = new Set<string>();
  for (const [path, cid] of [...tree].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const names = path.split("/");
    for (let depth = 0; depth < names.length - 1; depth++) {
      const folder = names.slice(0, depth + 1).join("/");
      if (!open.has(folder)) lines.push(`${"  ".repeat(depth)}${names[depth]}:`);
      open.add(folder);
    }
    lines.push(`${"  ".repeat(names.length - 1)}${names.at(-1)}: ${cid}`);
  }
  return `${lines.join("\n")}\n`;
}

function questionsOf(tree: Leaves, changed: readonly string[]): string[][] {
  const files = (...args: string[]) => [ipfs!, "files", ...args];
  const folders = new Set([...tree.keys()].map((path) => dirname(path)));
  return [
    ...[...folders].map((path) => files("mkdir", "-p", "--cid-version=1", `/bench/${path}`)),
    ...[...tree].map(([path, cid]) => files("cp", `/ipfs/${cid}`, `/bench/${path}`)),
    files("stat", "--hash", "/bench"),
    ...changed.flatMap((cid) => [
      [ipfs!, "dag", "stat", "--progress=false", cid],
      ...gateways.map((url) => [
        "curl",
        "--silent",
        "--fail",
        "--output",
        "/dev/null",
        `${url}/ipfs/${cid}?format=raw`,
      ]),
    ]),
  ];
}

/** The very line of `actions/setup`, after it was run once: from then on nothing has to be downloaded. */
async function installation(folder: string): Promise<() => Promise<Run>> {
  const action = await readFile(join(project, "actions/setup/action.yml"), "utf8");
  const [install] = /npm ci .*$/m.exec(action)!;
  const again = async (): Promise<Run> => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const file of ["package.json", "package-lock.json", ".npmrc"])
      await cp(join(project, file), join(folder, file));
    return run(["sh", "-c", install], { cwd: folder });
  };
  await again();
  return again;
}
