/**
 * DNS provider: a server that accepts dynamic updates (RFC 2136), signed with TSIG: BIND, Knot, PowerDNS.
 *
 * The only provider with a true compare-and-swap: one message makes the server replace the RRset if it has not changed since
 * it was read. Values are compared by their encoded bytes. Values of other programs are written back unchanged, including
 * their division into strings.
 */
import { randomInt } from "node:crypto";
import { Failure, type Kind } from "../../../core/failure.ts";
import { shown } from "../../../core/text/shown.ts";
import type { World } from "../../../core/world.ts";
import type { DnsProvider } from "../provider.ts";
import {
  addressesOf,
  ask,
  checkName,
  nameBytes,
  plainName,
  type QueryOptions,
  type Question,
  type Reply,
  type Server,
  send,
  stringsOf,
  textOf,
} from "../query/query.ts";
import { requireExpected, rrsetOf } from "../rrset.ts";
import { tsigKey, tsigSigner } from "./tsig.ts";

export interface Rfc2136Options {
  /** `host:port` of the primary. */
  readonly server: string;
  /** In the form of dig's `-y`: `hmac-sha256:name:secret`. */
  readonly key: string;
  readonly transport: "udp" | "tcp";
  /** ms for one answer. */
  readonly timeoutMs?: number;
}

/** A TXT record with its encoded strings. */
interface WireRecord {
  readonly value: string;
  readonly ttl: number;
  readonly data: Buffer;
}

const minTtl = 1;

/** Numbers of the protocol (RFC 1035 §3.2, RFC 2136 §2). */
const types = { soa: 6, txt: 16 } as const;
const classes = { in: 1, none: 254, any: 255 } as const;
const update = 5 << 11;

/** @throws Failure `input` if the key is invalid. */
export function rfc2136({ server: address, key: written, transport, timeoutMs = 5000 }: Rfc2136Options): DnsProvider {
  const key = tsigKey(written);
  const name = `rfc2136 at ${address}`;

  const primary = async (): Promise<Server> => (await addressesOf(address))[0]!;
  /** Queries are signed, too: some servers answer only signed queries for a zone. */
  const signedOptions = (world: World): QueryOptions => ({
    timeoutMs,
    transport,
    signer: tsigSigner(key, name, world.now),
  });
  const query = (question: Question, server: Server, world: World, how = signedOptions(world)): Promise<Reply> =>
    ask(question, server, how, world);

  const lookUp = async (at: string, world: World) => {
    checkName(at);
    const server = await primary();
    const [zone, reply] = await Promise.all([
      zoneOf(at, server, world),
      query({ name: at, type: "TXT" }, server, world),
    ]);
    return { server, zone, records: recordsIn(name, at, reply) };
  };

  async function zoneOf(at: string, server: Server, world: World): Promise<string> {
    const zone = await zoneAbove(at, (question) => query(question, server, world));
    if (zone !== undefined) return zone;
    // PowerDNS answers the same code for an unknown zone and an unknown key, but answers unsigned queries for a known zone.
    if (await zoneAbove(at, (question) => query(question, server, world, { timeoutMs, transport }))) {
      throw new Failure("refused", `${name} does not accept the key ${key.name}, or the time of its signature`, {
        hint: "compare the key's algorithm, name and secret, and the clock, with the server's",
      });
    }
    throw new Failure("input", `${name} has no zone for ${at}`, {
      hint: "is server: the primary of that zone, and does it answer this machine?",
    });
  }

  /** The zone at that server with the nearest SOA at or above `at`. */
  async function zoneAbove(at: string, asked: (question: Question) => Promise<Reply>): Promise<string | undefined> {
    for (let above = plainName(at); above !== ""; above = above.slice(`${above}.`.indexOf(".") + 1)) {
      const reply = await asked({ name: above, type: "SOA" });
      const soa = [...reply.answers, ...reply.authorities].find((record) => record.type === "SOA");
      if (reply.authoritative && soa && `.${above}`.endsWith(`.${soa.name}`)) return soa.name;
      if (!["NOERROR", "NXDOMAIN", "REFUSED", "NOTAUTH"].includes(reply.rcode)) throw refusal(name, at, reply);
    }
    return undefined;
  }

  return {
    name,
    minTtl,

    async read(at, world) {
      return rrsetOf((await lookUp(at, world)).records);
    },

    async replace(at, next, expected, world) {
      const { server, zone, records } = await lookUp(at, world);
      requireExpected(name, at, rrsetOf(records), expected);
      const known = new Map(records.map(({ value, data }) => [value, data]));
      const ttl = Math.max(next.ttl, minTtl);
      const message = updateMessage({
        zone,
        prerequisites:
          records.length === 0
            ? [record(at, classes.none, 0)]
            : records.map(({ data }) => record(at, classes.in, 0, data)),
        updates: [
          record(at, classes.any, 0),
          ...next.values.map((value) => record(at, classes.in, ttl, known.get(value) ?? txtData(stringsOf(value)))),
        ],
      });
      const reply = await send(message, server, signedOptions(world), world);
      if (reply.code !== 0) throw refusal(name, at, reply);
    },
  };
}

function recordsIn(who: string, at: string, reply: Reply): WireRecord[] {
  if (reply.rcode !== "NOERROR" && reply.rcode !== "NXDOMAIN") throw refusal(who, at, reply);
  const owner = plainName(at);
  const alias = reply.answers.find((record) => record.type === "CNAME" && record.name === owner);
  if (alias) {
    const target = shown(String(alias.data));
    throw new Failure("input", `${who}: a CNAME exists at ${at}, to ${target}, and excludes a TXT record`, {
      hint: "remove the CNAME, or announce the name it points to",
    });
  }
  const found = reply.answers.filter((record) => record.type === "TXT" && record.name === owner);
  if (new Set(found.map(({ data }) => textOf(data))).size < found.length) {
    throw new Failure(
      "input",
      `${who}: two TXT records at ${at} have the same text, so that neither can be addressed alone`,
      {
        hint: "remove one of them by hand, as with nsupdate",
      },
    );
  }
  return found.map(({ data, ttl }) => ({ value: textOf(data), ttl, data: txtData(stringsOf(data)) }));
}

/** The failure for each response code other than NOERROR (RFC 2136 §2.2). */
const refusals: ReadonlyMap<string, { readonly kind: Kind; readonly says: string; readonly hint?: string }> = new Map([
  ["NXRRSET", { kind: "conflict", says: "was changed while we wrote" }],
  ["YXRRSET", { kind: "conflict", says: "was created by another writer at the same time" }],
  ["NOTZONE", { kind: "input", says: "is outside of the zone" }],
  ["NOTIMP", { kind: "input", says: "can't be changed there: the server takes no dynamic updates" }],
  ["SERVFAIL", { kind: "unavailable", says: "can't be served now" }],
  [
    "REFUSED",
    {
      kind: "refused",
      says: "may not be changed or read with this key",
      hint: "the server's policy for the key must allow TXT at this name",
    },
  ],
  [
    "NOTAUTH",
    {
      kind: "refused",
      says: "may not be changed with this key, or the server is not the primary of its zone",
      hint: "the server's rules for the key (in Knot: acl, update-owner) must allow TXT at this name",
    },
  ],
]);

function refusal(who: string, at: string, { rcode }: Reply): Failure {
  const known = refusals.get(rcode);
  const { kind, says, hint } = known ?? { kind: "refused" as const, says: "could not be changed", hint: undefined };
  return new Failure(kind, `${who} answers ${rcode}: ${at} ${says}`, hint === undefined ? {} : { hint });
}

interface Update {
  readonly zone: string;
  readonly prerequisites: readonly Buffer[];
  readonly updates: readonly Buffer[];
}

/** Encodes an update message. dns-packet supports neither class NONE nor records without data. */
function updateMessage({ zone, prerequisites, updates }: Update): Buffer {
  const words = [randomInt(65_536), update, 1, prerequisites.length, updates.length, 0];
  return Buffer.concat([
    wordBytes(words),
    nameBytes(zone),
    wordBytes([types.soa, classes.in]),
    ...prerequisites,
    ...updates,
  ]);
}

function record(at: string, class_: number, ttl: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = wordBytes([types.txt, class_, Math.floor(ttl / 0x10000), ttl % 0x10000, data.length]);
  return Buffer.concat([nameBytes(at), head, data]);
}

/** Strings, each preceded by its length; a string of more than 255 bytes is divided. */
function txtData(strings: readonly Buffer[]): Buffer {
  const parts = strings.flatMap((string) => {
    const cuts = Array.from({ length: Math.max(1, Math.ceil(string.length / 255)) }, (_, i) => i * 255);
    return cuts.map((from) => string.subarray(from, from + 255));
  });
  return Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), part]));
}

function wordBytes(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(words.length * 2);
  for (const [i, word] of words.entries()) bytes.writeUInt16BE(word, i * 2);
  return bytes;
}
