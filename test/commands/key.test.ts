import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { pemOf, privateKeyFrom, privateKeyOf, protobufOf, publicName } from "../../pipeline/core/key.ts";
import type { Kubo } from "../servers/kubo.ts";
import { useKubo } from "../servers/use-kubo.ts";
import { aFolder, fieldtree } from "./program.ts";
import { expectSchema } from "./schemas.ts";

const key = await privateKeyOf(new Uint8Array(32).fill(3));
const name = publicName(key.publicKey);
const base64 = Buffer.from(protobufOf(key)).toString("base64");

describe("key new", () => {
  it("prints the public name and nothing else, and writes a key that only its owner can read", async () => {
    const cwd = await aFolder();
    const { code, stdout, stderr } = await fieldtree(["key", "new", "--to", "campaign.key"], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    const file = join(cwd, "campaign.key");
    const { publicKey } = await privateKeyFrom(await readFile(file));
    expect(stdout).toBe(`${publicName(publicKey)}\n`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("makes another one each time, and never over an older one", async () => {
    const cwd = await aFolder();
    const first = await fieldtree(["key", "new", "--to", "a", "--json"], { cwd });
    const second = await fieldtree(["key", "new", "--to", "b", "--json"], { cwd });
    expectSchema("key", [...first.json(), ...second.json()]);
    expect(first.json()[0].name).not.toBe(second.json()[0].name);
    const before = await readFile(join(cwd, "a"));
    const third = await fieldtree(["key", "new", "--to", "a"], { cwd });
    expect(third).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("never written over anything"),
    });
    expect(await readFile(join(cwd, "a"))).toEqual(before);
  });

  it("wants to know the file before it makes a key", async () => {
    expect(await fieldtree(["key", "new"])).toMatchObject({ code: 2, stderr: expect.stringContaining("--to FILE") });
  });
});

describe("key import", () => {
  it.each([
    ["a file", { files: { k: base64 }, args: ["--from", "k"] }],
    ["a file of Kubo's bytes", { files: { k: protobufOf(key) }, args: ["--from", "k"] }],
    ["stdin", { input: new TextEncoder().encode(pemOf(key)), args: ["--from", "-"] }],
    ["the environment", { env: { CAMPAIGN_KEY: base64 }, args: ["--env", "CAMPAIGN_KEY"] }],
  ])("reads from %s, and writes what Kubo imports", async (_, { files, args, ...how }: Given) => {
    const cwd = await aFolder(files);
    const format = "pem-pkcs8-cleartext";
    const { code, stdout, stderr } = await fieldtree(["key", "import", ...args, "--to", "out", "--format", format], {
      cwd,
      ...how,
    });
    expect([code, stdout, stderr]).toEqual([0, `${name}\n`, ""]);
    expect(await readFile(join(cwd, "out"), "utf8")).toBe(pemOf(key));
  });

  it.each([
    ["a variable that is not set", ["--env", "NOT_SET"], "the environment variable NOT_SET is not set"],
    ["the key itself in place of a name", ["--env", base64], "must be the NAME of an environment variable"],
    ["a key as a word of its own", ["--from", "k", base64], "too many arguments"],
    ["neither file nor variable", [], "needs one of --from FILE and --env NAME"],
    ["a file that isn't there", ["--from", "nowhere"], "isn't there"],
    ["a file that holds something else", ["--from", "novel"], "novel is no private key"],
    ["a format there is none of", ["--from", "k", "--format", "der"], "--format: it is one of"],
  ])("refuses %s, and says nothing of any key", async (_, args, says) => {
    const cwd = await aFolder({ k: base64, novel: "Call me Ishmael. ".repeat(10_000) });
    const { code, stdout, stderr } = await fieldtree(["key", "import", "--to", "out", ...args], { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain(base64.slice(10, 40));
    expect(await stat(join(cwd, "out")).catch(() => "absent")).toBe("absent");
  });
});

interface Given {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
}

describe("key export", () => {
  const env = { CAMPAIGN_KEY: pemOf(key) };

  it("prints the key, which is what was asked for, in the form an environment variable holds", async () => {
    const { stdout } = await fieldtree(["key", "export", "--env", "CAMPAIGN_KEY"], { env });
    expect(stdout).toBe(`${base64}\n`);
  });

  it("prints it as JSON with its name", async () => {
    const { json } = await fieldtree(["key", "export", "--env", "CAMPAIGN_KEY", "--json"], { env });
    expectSchema("key", json());
    expect(json()).toEqual([{ name, format: "base64", key: base64 }]);
  });
});

const shared = await useKubo();
describe.skipIf(!shared.there)("with a real Kubo", () => {
  let kubo: Kubo;
  beforeAll(async () => {
    kubo = await shared.started();
  });

  it.each(["libp2p-protobuf-cleartext", "pem-pkcs8-cleartext"])("a key of ours is imported as %s", async (format) => {
    const cwd = await aFolder();
    const { stdout } = await fieldtree(["key", "new", "--to", "key", "--format", format], { cwd });
    const imported = await kubo.ipfs("key", "import", `--format=${format}`, `of-ours-${format}`, join(cwd, "key"));
    expect(imported).toBe(stdout.trim());
  });

  it.each(["libp2p-protobuf-cleartext", "pem-pkcs8-cleartext"])("a key of Kubo's is read from %s", async (format) => {
    const cwd = await aFolder();
    const made = await kubo.ipfs("key", "gen", `of-kubo-${format}`);
    await kubo.ipfs("key", "export", `--format=${format}`, "-o", join(cwd, "theirs"), `of-kubo-${format}`);
    const { stdout } = await fieldtree(["key", "import", "--from", "theirs", "--to", "ours", "--format", format], {
      cwd,
    });
    expect(stdout.trim()).toBe(made);
    expect(await readFile(join(cwd, "ours"))).toEqual(await readFile(join(cwd, "theirs")));
  });
});
