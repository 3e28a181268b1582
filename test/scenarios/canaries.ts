/** Secrets that are easy to find again, and where a run could have left them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { privateKeyOf, protobufOf } from "../../pipeline/core/key.ts";
import { aFolder, fieldtree, type Ran } from "../commands/program.ts";

/** Secrets by what they open: text, or the bytes that a text stands for. */
type Canaries = Readonly<Record<string, string | Uint8Array>>;

/** With what URLs, JSON and base64 write differently. */
const canary = (what: string) => `c4n4ry/${what}+Zq8=&%x`;
const bytesFor = (what: string) => Buffer.from(`c4n4ry of ${what}`.padEnd(32, "~"));

/** Secrets that are text, by what they open. */
export const text = {
  kubo: canary("kubo"),
  cluster: canary("cluster"),
  psa: canary("psa"),
  pinata: `eyJhbGciOiJIUzI1NiJ9.${canary("pinata")}`,
  vendor: canary("vendor"),
  git: canary("git"),
};
/** Those that are bytes, whatever text they are written as. */
export const keys = { tsig: bytesFor("tsig"), ipns: bytesFor("ipns"), signing: bytesFor("signing") };
const canaries: Canaries = { ...text, ...keys };

/** Environment variables that hold them all, for campaign.yaml to name. */
export async function secretsAsSet(): Promise<Record<string, string>> {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return {
    KUBO_TOKEN: text.kubo,
    CLUSTER_LOGIN: `anna:${text.cluster}`,
    SHOP_TOKEN: text.psa,
    PINATA_JWT: text.pinata,
    VENDOR_TOKEN: text.vendor,
    DNS_KEY: `hmac-sha256:fieldtree:${base64(keys.tsig)}`,
    CAMPAIGN_KEY: base64(protobufOf(await privateKeyOf(keys.ipns))),
    LOG_KEY: base64(protobufOf(await privateKeyOf(keys.signing))),
  };
}

/** A campaign folder, and runs in it that are listened to: whatever they print, write or call is searched by `found`. */
export async function listenedTo(config: string, env: Record<string, string>) {
  const cwd = await aFolder({
    "campaign.yaml": config,
    "tree.yaml": "",
    "camera/dataset_meta.yaml": "attributes: { title: Cloud camera }\n",
    "camera/video.mp4": new Uint8Array(300_000).fill(3),
    "note.txt": "a note\n",
  });
  const [temporary, home] = [await aFolder(), await aFolder()];
  const said: { readonly where: string; readonly bytes: Uint8Array }[] = [];
  // Git tells each of its processes, and what they were called with.
  const trace = join(temporary, "trace.json");
  const outside = { TMPDIR: temporary, HOME: home, GIT_TRACE2_EVENT: trace, GIT_TRACE2_REDACT: "0" };
  const run = async (...args: string[]): Promise<Ran> => {
    const ran = await fieldtree(args, { cwd, env: { ...outside, ...env } });
    said.push({ where: args.join(" "), bytes: Buffer.from(`${ran.stdout}\n${ran.stderr}`) });
    return ran;
  };
  const found = async (...folders: string[]) => {
    const where: string[] = [];
    const look = (it: { readonly where: string; readonly bytes: Uint8Array }) => {
      for (const each of canariesIn(it.bytes)) where.push(`${it.where}: ${each}`);
    };
    said.forEach(look);
    for (const folder of [cwd, temporary, home, ...folders]) for await (const it of everythingIn(folder)) look(it);
    return where;
  };
  return { cwd, run, found, trace };
}

/** Which of `secrets` stand in `bytes`, as they are or encoded: `git password, as base64`. */
export function canariesIn(bytes: Uint8Array, secrets: Canaries = canaries): string[] {
  const hay = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Object.entries(secrets).flatMap(([name, secret]) =>
    formsOf(Buffer.from(secret as string))
      .filter(({ form }) => hay.includes(form))
      .map(({ how }) => `${name}, ${how}`),
  );
}

function formsOf(secret: Buffer): { readonly how: string; readonly form: Buffer | string }[] {
  const text = secret.toString();
  // Behind other bytes, base64 begins anywhere in a group; what touches its neighbours differs, and is left out.
  const within = [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), secret])
      .toString("base64")
      .replace(/=+$/, "");
    return whole.slice(before === 0 ? 0 : before + 1, -1);
  });
  return [
    { how: "as it is", form: secret },
    { how: "as hex", form: secret.toString("hex") },
    { how: "as hex", form: secret.toString("hex").toUpperCase() },
    { how: "in a URL", form: encodeURIComponent(text) },
    { how: "in JSON", form: JSON.stringify(text).slice(1, -1) },
    ...within.map((form) => ({ how: "as base64", form })),
    ...within.map((form) => ({ how: "as base64url", form: form.replaceAll("+", "-").replaceAll("/", "_") })),
  ];
}

/** Every file below `folder`, and what git repositories there hold compressed. */
async function* everythingIn(folder: string): AsyncGenerator<{ readonly where: string; readonly bytes: Uint8Array }> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const where = join(entry.parentPath, entry.name);
    yield { where: `the name ${where}`, bytes: Buffer.from(where) };
    if (entry.isFile()) yield { where, bytes: await readFile(where) };
    if (entry.isDirectory() && entry.name === "objects") {
      const all = ["--git-dir", entry.parentPath, "cat-file", "--batch-all-objects", "--batch"];
      const { stdout } = await execa("git", all, { encoding: "buffer", maxBuffer: 1e9 });
      yield { where: `git objects in ${entry.parentPath}`, bytes: stdout };
    }
  }
}
