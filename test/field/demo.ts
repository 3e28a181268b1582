/**
 * A campaign in the field, on this machine alone: `npm run demo:field`.
 *
 * A ship publishes, a shore pulls over a link that is cut and goes on where it was, a mirror copies what fits, and two sites that
 * both published while the link was down have one log again. Each command is printed as a person types it, with what it prints.
 *
 * `--short` has less data and no pauses: a test runs it.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { closed, listening } from "../servers/loopback.ts";

const program = fileURLToPath(new URL("../../pipeline/bin.ts", import.meta.url));
const isShort = process.argv.includes("--short");
const files = isShort ? 3 : 12;
const fileBytes = isShort ? 600_000 : 2_000_000;
const pause = () => sleep(isShort ? 0 : 2_000);

const say = (text: string) => process.stdout.write(`\n${text}\n`);
const around = await mkdtemp(join(tmpdir(), "fieldtree-field-"));
const site = (name: string) => join(around, name);

/** Runs a command at a site and prints both; throws where it ends with another code than `code`. */
async function run(at: string, args: readonly string[], { code = 0, env = {} } = {}): Promise<void> {
  process.stdout.write(`  ${at}$ fieldtree ${args.join(" ").replaceAll(around, "…")}\n`);
  const ran = await execa(process.execPath, [program, ...args], {
    cwd: site(at),
    env: { NO_COLOR: "1", ...env },
    reject: false,
    all: true,
  });
  for (const line of ran.all.trimEnd().split("\n").slice(0, 8))
    process.stdout.write(`    ${line.replaceAll(around, "…").slice(0, 150)}\n`);
  if (ran.exitCode !== code) throw new Error(`it ended with ${ran.exitCode}, not ${code}:\n${ran.all}`);
  await pause();
}

/** The link between ship and shore: it passes requests on, until it is cut after `left` bytes. */
async function link(to: string) {
  let left = Number.POSITIVE_INFINITY;
  let passed = 0;
  let cut = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    try {
      if (left <= 0) throw new Error("the link is down");
      const { accept = "*/*" } = request.headers;
      const answer = await fetch(to + request.url, {
        method: request.method ?? "GET",
        headers: { accept },
        redirect: "manual",
      });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      for await (const chunk of answer.body ?? []) {
        left -= chunk.length;
        if (left <= 0) throw new Error("the link is down");
        passed += chunk.length;
        if (!response.write(chunk)) await once(response, "drain");
      }
      response.end();
    } catch {
      // As a cut link: no answer, and the connection is gone.
      request.socket.destroy();
      if (left <= 0) cut.resolve();
    }
  });
  return {
    url: await listening(server),
    server,
    /** Resolves when it is cut. */
    cutAfter(bytes: number): Promise<void> {
      left = bytes;
      cut = Promise.withResolvers();
      return cut.promise;
    },
    repair() {
      left = Number.POSITIVE_INFINITY;
    },
    passedSince() {
      const bytes = passed;
      passed = 0;
      return bytes;
    },
  };
}

async function addFile(at: string, name: string): Promise<void> {
  const file = join(site(at), `${name}.bin`);
  await writeFile(file, randomBytes(fileBytes));
  await run(at, ["add", file, "--at", `measured/${name}.bin`]);
}

try {
  say("On the ship, data are added and published.");
  await mkdir(site("ship"));
  await writeFile(join(site("ship"), "campaign.yaml"), "campaign: ship\n");
  await writeFile(join(site("ship"), "tree.yaml"), "");
  for (let number = 1; number <= files; number++) await addFile("ship", `day-${number}`);
  await run("ship", ["publish"]);

  say("The ship's gateway serves them. The shore pulls, and the link is cut in the middle.");
  const serving = execa(process.execPath, [program, "--json", "serve", "--port", "0"], {
    cwd: site("ship"),
    reject: false,
  });
  const [line] = (await once(createInterface(serving.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const radio = await link(url);
  await mkdir(site("shore"));
  await writeFile(join(site("shore"), "campaign.yaml"), "campaign: shore\n");
  await writeFile(join(site("shore"), "tree.yaml"), "");
  const pull = ["pull", `${radio.url}/ipns/ship`, "--as", "ship"];
  const cut = radio.cutAfter((files * fileBytes) / 2);
  const pulling = run("shore", pull);
  await Promise.race([cut, pulling]);
  const before = Math.round(radio.passedSince() / 1000);
  await sleep(1_000);
  radio.repair();
  await pulling;
  const after = Math.round(radio.passedSince() / 1000);
  say(`${before} kB came over before the cut, and ${after} kB after it: the pull waited for the link, and went on.`);
  await run("shore", ["pull", "ship"]);
  await run("shore", ["verify", "ship"]);
  serving.kill("SIGTERM");
  await serving;
  await closed(radio.server);

  say("In the hangar, a plain folder has the newest data, as far as its budget goes.");
  const budget = `${Math.round((files * fileBytes * 0.7) / 1000)} kB`;
  await run("ship", ["mirror", "hangar", "--to", `folder:${site("hangar")}`, "--budget", budget]);

  say("The campaign has a copy at home. The link is down for days, and both sites publish: their logs fork.");
  await cp(site("ship"), site("home"), { recursive: true });
  await addFile("ship", "from-the-ship");
  await run("ship", ["publish"]);
  await addFile("home", "from-home");
  await run("home", ["publish"]);

  say("A stick brings home's newest release on board, where the fork is seen, and merged.");
  await run("home", ["car", "export", "--scope", "release", "--since", "1", "-o", join(around, "home.car")]);
  await run("ship", ["log", "compare", join(around, "home.car"), "--exit-code"], { code: 12 });
  await run("ship", ["log", "adopt", join(around, "home.car")]);
  await run("ship", ["log"]);

  say("The stick goes back. Home is only behind now, and moves forward to the same release.");
  await run("ship", ["car", "export", "--scope", "release", "-o", join(around, "ship.car")]);
  await run("home", ["log", "adopt", join(around, "ship.car")]);
  await run("home", ["log", "compare", join(around, "ship.car"), "--exit-code"]);
  await run("home", ["ls", "measured"]);
  say("Both sites have one log and all data. Nothing was rewritten, and every CID that was cited is still good.");
} finally {
  await rm(around, { recursive: true, force: true });
}
