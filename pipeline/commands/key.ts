/**
 * `key`: manages the private keys that sign releases and IPNS records.
 *
 * A key is read from a file or the environment, never from the command line, which every process on the machine can read.
 * The verb prints the public name, and the key itself only on request.
 */
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";
import { type PrivateKey, pemOf, privateKeyFrom, privateKeyOf, protobufOf, publicName } from "../core/key.ts";
import { diskFailure } from "../disk/disk-failure.ts";
import { syncFolder } from "../disk/write.ts";

const formats = {
  base64: (key: PrivateKey) => `${Buffer.from(protobufOf(key)).toString("base64")}\n`,
  "libp2p-protobuf-cleartext": protobufOf,
  "pem-pkcs8-cleartext": pemOf,
} as const;

type Format = keyof typeof formats;

/** Most bytes of a key file. */
const longest = 8192;

export const key: Verb = {
  // Any number of arguments: the parser's own message about a surplus one would quote it, and it may be a key.
  args: "<new|import|export...>",
  flags: [
    ["--to <file>", "where the private key is written, for you alone to read; must not exist yet"],
    ["--from <file>", "import, export: where it is read from; - for stdin"],
    ["--env <name>", "import, export: the environment variable it is read from"],
    ["--format <format>", `how it is written: ${Object.keys(formats).join(", ")}`, "base64"],
  ],
  about: `\`key new --to FILE\` makes an ed25519 key and prints its public name, the NAME in /ipns/NAME.
\`key import\` reads one in any of the formats and writes it to a file, \`key export\` prints it. The last two formats are
those of \`ipfs key export\` and \`ipfs key import\`; base64 is for an environment variable:
  export CAMPAIGN_KEY="$(cat FILE)"
campaign.yaml then names the variable, and the public name with it, so that those without the key can verify.`,
  example: "fieldtree key new --to ~/campaign.key",

  async run(call) {
    const [action, ...others] = call.args;
    if (others.length > 0) throw new Failure("input", `key: too many arguments, ${others.length} after the first`);
    const { format = "base64", to } = call.flags;
    if (!isFormat(format)) {
      throw new Failure("input", `--format: it is one of ${Object.keys(formats).join(", ")}`);
    }
    if (to === undefined && action !== "export") {
      throw new Failure("input", `key ${action === "import" ? "import" : "new"} needs a file: --to FILE`);
    }
    const secret = await keyFor(action!, call);
    const name = publicName(secret.publicKey);
    const written = formats[format](secret);
    if (typeof to === "string") {
      await writeForOneself(resolve(call.cwd, to), written);
      call.out.result({ name, format, path: to }, name);
    } else if (call.out.json) {
      const text = typeof written === "string" ? written : formats.base64(secret);
      call.out.result({ name, format, key: text.trimEnd() });
    } else {
      await call.out.bytes(typeof written === "string" ? new TextEncoder().encode(written) : written);
    }
    return 0;
  },
};

async function keyFor(action: string, { flags, env, cwd }: Call): Promise<PrivateKey> {
  const { from, env: variable } = flags;
  const given = [from, variable].filter((each) => each !== undefined).length;
  switch (action) {
    case "new":
      if (given > 0) throw new Failure("input", "key new takes no --from and no --env: it makes the key");
      return privateKeyOf(crypto.getRandomValues(new Uint8Array(32)));
    case "import":
    case "export":
      if (given !== 1) throw new Failure("input", `key ${action} needs one of --from FILE and --env NAME`);
      if (typeof from === "string") return privateKeyFrom(await read(from, cwd), from === "-" ? "stdin" : from);
      return privateKeyFrom(secretIn(String(variable), env), String(variable));
    default:
      // The message does not quote the argument, because it may be a key given by mistake.
      throw new Failure("input", "key: there is only new, import and export");
  }
}

function secretIn(variable: string, env: Call["env"]): string {
  if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(variable)) {
    throw new Failure("input", "--env must be the NAME of an environment variable (capitals, digits, _), not the key");
  }
  const value = env[variable];
  if (!value) throw new Failure("input", `the environment variable ${variable} is not set`);
  return value;
}

async function read(from: string, cwd: string): Promise<Uint8Array> {
  const stream = createReadStream(from === "-" ? "" : resolve(cwd, from), from === "-" ? { fd: 0 } : {});
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > longest) break;
    }
  } catch (error) {
    throw diskFailure(error, "reading the key");
  }
  return Buffer.concat(chunks);
}

/** A new file with mode 0600. A key never overwrites a file. */
async function writeForOneself(path: string, bytes: string | Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw diskFailure(error, "writing the key");
    throw new Failure("input", `${path} exists: a key is never written over anything`, {
      hint: "choose another file with --to",
    });
  });
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    // No partial key stays on disk.
    await rm(path, { force: true });
    throw diskFailure(error, `writing ${path}`);
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

function isFormat(format: unknown): format is Format {
  return typeof format === "string" && Object.hasOwn(formats, format);
}
