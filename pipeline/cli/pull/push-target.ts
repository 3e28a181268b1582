/** The key of `push`, and every place where its record is read from and put to. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Campaign } from "../../campaign/campaign.ts";
import { Failure } from "../../core/failure.ts";
import { type PrivateKey, privateKeyFrom, publicKeyOf, publicName } from "../../core/key.ts";
import { shown } from "../../core/text/shown.ts";
import type { World } from "../../core/world.ts";
import { diskFailure } from "../../disk/disk-failure.ts";
import { endpoint, kuboEndpoint, type RecordEndpoint } from "../../names/ipns/endpoints.ts";
import type { RecordAttachments } from "../../names/ipns/ipns.ts";
import { type PushTarget, pushTarget, type Signer } from "../../names/ipns/push.ts";
import { type Endpoint, recordEndpoints } from "./endpoints.ts";

export interface PushAddress {
  /** `ipns://KEY`: a key's public name, or what a Kubo calls one of its keys. */
  readonly to: string;
  /** File with the private key, as `key new` writes it. */
  readonly keyFile?: string;
  /** Further endpoints of delegated routing. */
  readonly routing: readonly string[];
}

/** `attachments`: where signed records are stored, in place of alongside the log. */
export type PushingParts = Pick<Campaign, "recordEndpoints" | "ipnsKey" | "log"> & {
  readonly attachments?: RecordAttachments;
};

/** @throws Failure `input` where it is no key, no place takes records, or the private key is of another one. */
export async function targetFor(
  { to, keyFile, routing }: PushAddress,
  among: readonly Endpoint[],
  campaign: PushingParts,
  cwd: string,
  world: World,
): Promise<PushTarget> {
  const given = /^(?:ipns:\/\/|\/ipns\/)?([^/]+)\/?$/.exec(to)?.[1] ?? "";
  const kubos = among
    .filter(({ kind }) => kind === "kubo")
    .map(({ url }) => kuboEndpoint({ api: url }, { search: true }));
  const all = uniqueOf([...(await campaign.recordEndpoints()), ...routing.map(endpoint), ...kubos]);
  // Any other accepts records and does not store them.
  const takePart = await Promise.all(all.map((at) => at.takesPart?.(world) ?? true));
  const endpoints = all.filter((_, i) => takePart[i]);
  if (endpoints.length === 0) {
    const why = all[0] ? `${all[0].name} takes part in no routing (Routing.Type none)` : "no place is named";
    throw new Failure("input", `the record of ${shown(given)} can be put nowhere: ${why}`, {
      hint: "--routing https://… names an endpoint of delegated routing; or start a Kubo here, or name one in campaign.yaml",
    });
  }
  const ownKeys = await keysAt(endpoints, world);
  const publicKey = publicKeyOf(given);
  const called = publicKey ? undefined : ownKeys.find(({ called }) => called === given);
  const name = publicKey ? publicName(publicKey) : called?.name;
  if (name === undefined) {
    throw new Failure(
      "input",
      `${shown(to, 200)} is no ed25519 key's name, nor what a Kubo here calls one of its keys`,
      {
        hint: "--to ipns://k51…, as fieldtree key new prints it",
      },
    );
  }
  return pushTarget({
    name,
    signer: await signerOf(name, keyFile === undefined ? undefined : resolve(cwd, keyFile), ownKeys, campaign),
    endpoints,
    readers: await recordEndpoints(among.filter(({ kind }) => kind === "gateway")),
    attachments: campaign.attachments ?? campaign.log.attachments,
  });
}

const uniqueOf = (endpoints: readonly RecordEndpoint[]) =>
  endpoints.filter(({ name }, i) => endpoints.findIndex((other) => other.name === name) === i);

interface EndpointKey {
  readonly name: string;
  readonly called: string;
  readonly at: RecordEndpoint;
}

async function keysAt(endpoints: readonly RecordEndpoint[], world: World): Promise<readonly EndpointKey[]> {
  const keys = await Promise.all(
    endpoints.map(async (at) => [...((await at.keys?.(world)) ?? [])].map(([name, called]) => ({ name, called, at }))),
  );
  return keys.flat();
}

/** The file first, then campaign.yaml's variable, then a Kubo that has the key. */
async function signerOf(
  name: string,
  keyFile: string | undefined,
  ownKeys: readonly EndpointKey[],
  campaign: Pick<Campaign, "ipnsKey">,
): Promise<Signer> {
  const text = keyFile === undefined ? campaign.ipnsKey(name) : await keyIn(keyFile);
  if (text !== undefined) {
    const from = keyFile ?? "the variable in campaign.yaml";
    return { kind: "key", key: await ownKey(await privateKeyFrom(text, from), name, from) };
  }
  const kubo = ownKeys.find((key) => key.name === name);
  return kubo ? { kind: "kubo", at: kubo.at, called: kubo.called } : { kind: "none" };
}

async function ownKey(key: PrivateKey, name: string, from: string): Promise<PrivateKey> {
  const own = publicName(key.publicKey);
  if (own === name) return key;
  throw new Failure("input", `${from} has the key of ${own}, not of ${name}`, { hint: `push --to ipns://${own}` });
}

async function keyIn(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw diskFailure(error, "reading the key");
  }
}
