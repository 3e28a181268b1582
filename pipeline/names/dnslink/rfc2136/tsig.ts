/**
 * Signs and verifies DNS messages (TSIG, RFC 8945), to authorize updates and to authenticate their replies.
 *
 * A signature covers the message, the key's name, and the time; that of a reply also covers the request's signature, so that
 * a reply from another exchange is rejected. dns-packet does not support TSIG; the HMAC is from `node:crypto`.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Failure } from "../../../core/failure.ts";
import { endOfName, type MessageSigner, nameBytes, plainName } from "../query/query.ts";

export interface TsigKey {
  /** Lower case, without dot. */
  readonly name: string;
  /** `hmac-sha256` */
  readonly algorithm: string;
  readonly secret: Buffer;
}

/** Hash functions: TSIG's names and Node's. Without MD5, which is broken. */
const hashes: ReadonlyMap<string, string> = new Map(
  ["sha1", "sha224", "sha256", "sha384", "sha512"].map((hash) => [`hmac-${hash}`, hash]),
);

/** s that two clocks may differ (RFC 8945 §10). */
const fudge = 300;

/** Descriptions of the error codes in a TSIG record. */
const errors: ReadonlyMap<number, string> = new Map([
  [16, "the signature is wrong: its secret is not the server's (BADSIG)"],
  [17, "the server knows no key of that name and algorithm, or lets it do no such thing (BADKEY)"],
  [22, "the signature is cut too short (BADTRUNC)"],
]);
const badTime = 18;

const hint = "compare the key's algorithm, name and secret with the server's, then what it lets that key do";

/**
 * Parses a key in the form of `dig -y`: `hmac-sha256:name:secret`, the secret in base64.
 *
 * @throws Failure `input` with the reason; the message contains no part of the key.
 */
export function tsigKey(text: string): TsigKey {
  const parts = text.trim().split(":");
  const hint = "write it as dig's -y takes it: hmac-sha256:name:secret, the secret in base64";
  if (parts.length !== 3) throw new Failure("input", `the TSIG key has ${parts.length} parts, not 3`, { hint });
  const [algorithm, name, secret] = parts as [string, string, string];
  if (!hashes.has(algorithm.toLowerCase())) {
    throw new Failure("input", `the TSIG key is of none of the algorithms ${[...hashes.keys()].join(", ")}`, { hint });
  }
  if (!/^[A-Za-z0-9_.-]{1,253}$/.test(name)) throw new Failure("input", "the TSIG key's name is no name", { hint });
  if (!/^[A-Za-z0-9+/]{8,}={0,2}$/.test(secret)) {
    throw new Failure("input", "the TSIG key's secret is not base64", { hint });
  }
  return { name: plainName(name), algorithm: algorithm.toLowerCase(), secret: Buffer.from(secret, "base64") };
}

/**
 * Signer for one exchange: signs the message, then verifies the reply.
 *
 * `who`: the server, for messages. `now`: returns the time of signing.
 */
export function tsigSigner(key: TsigKey, who: string, now: () => Date): MessageSigner {
  let sentMac: Buffer = Buffer.alloc(0);
  const macOf = (parts: readonly Uint8Array[]): Buffer =>
    parts.reduce((hmac, part) => hmac.update(part), createHmac(hashes.get(key.algorithm)!, key.secret)).digest();

  return {
    sign(message) {
      const time = timeBytes(now());
      sentMac = macOf([message, ...variables(key, { time, error: 0, other: Buffer.alloc(0) })]);
      const record = tsigRecord(key, { time, mac: sentMac, id: message.readUInt16BE(0) });
      const signed = Buffer.concat([message, record]);
      signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
      return signed;
    },

    verify(reply) {
      const found = tsigIn(reply);
      if (!found) {
        // Some servers send errors unsigned (Knot: unknown zone, PowerDNS: unknown key). Other replies must be signed.
        if ((reply.readUInt16BE(2) & 0xf) !== 0) return;
        throw new Failure("corrupt", `${who}: the answer is not signed, so any host could have sent it`);
      }
      if (found.mac.length === 0 && found.error !== 0) throw refusalOf(who, key, found, now());
      const length = Buffer.alloc(2);
      length.writeUInt16BE(sentMac.length);
      const expected = macOf([length, sentMac, found.unsigned, ...variables(key, found)]);
      if (found.mac.length !== expected.length || !timingSafeEqual(found.mac, expected)) {
        throw new Failure("corrupt", `${who}: the answer's signature is wrong, so it is not that server's`, {
          hint: "answers are changed on the way, or the server has another secret under the key's name",
        });
      }
      if (found.error !== 0) throw refusalOf(who, key, found, now());
    },
  };
}

function refusalOf(who: string, key: TsigKey, { error, other }: Signature, now: Date): Failure {
  if (error === badTime && other.length === 6) {
    const theirs = new Date(other.readUIntBE(0, 6) * 1000);
    const apart = Math.round(Math.abs(now.getTime() - theirs.getTime()) / 1000);
    const says = `${who} refuses the time of the signature (BADTIME): here it is ${now.toISOString()}, there ${theirs.toISOString()}`;
    return new Failure("refused", `${says}, ${apart} s apart where ${fudge} s are allowed`, {
      hint: "set this machine's clock, or the server's: timedatectl shows whether it is synchronised",
    });
  }
  const why = errors.get(error) ?? (error === badTime ? "the clocks differ (BADTIME)" : `TSIG error ${error}`);
  return new Failure("refused", `${who} refuses the key ${key.name}: ${why}`, { hint });
}

interface Signature {
  /** 48 bits of seconds since 1970, 16 of fudge. */
  readonly time: Buffer;
  readonly mac: Buffer;
  readonly error: number;
  readonly other: Buffer;
  /** The message as it was when it was signed: its own id, and no TSIG record. */
  readonly unsigned: Buffer;
}

/** The TSIG record, which is the last of all (RFC 8945 §5.1). */
function tsigIn(message: Buffer): Signature | undefined {
  const additional = message.readUInt16BE(10);
  if (additional === 0) return undefined;
  const start = startOfLast(message);
  const at = endOfName(message, start);
  if (message.readUInt16BE(at) !== 250) return undefined;

  const end = at + 10 + message.readUInt16BE(at + 8);
  const times = endOfName(message, at + 10);
  const mac = times + 10;
  const afterMac = mac + message.readUInt16BE(times + 8);
  const other = afterMac + 6;
  if (end !== message.length || other + message.readUInt16BE(afterMac + 4) !== end) {
    throw new RangeError("a TSIG record of another length than it declares");
  }
  const unsigned = Buffer.from(message.subarray(0, start));
  unsigned.writeUInt16BE(message.readUInt16BE(afterMac), 0);
  unsigned.writeUInt16BE(additional - 1, 10);
  return {
    time: message.subarray(times, times + 8),
    mac: message.subarray(mac, afterMac),
    error: message.readUInt16BE(afterMac + 2),
    other: message.subarray(other, end),
    unsigned,
  };
}

function startOfLast(message: Buffer): number {
  let at = 12;
  for (let questions = message.readUInt16BE(4); questions > 0; questions--) at = endOfName(message, at) + 4;
  let records = [6, 8, 10].reduce((sum, offset) => sum + message.readUInt16BE(offset), 0);
  for (; records > 1; records--) {
    const behindName = endOfName(message, at);
    at = behindName + 10 + message.readUInt16BE(behindName + 8);
  }
  return at;
}

/** What is signed in addition to the message (RFC 8945 §4.3.3). */
function variables(
  { name, algorithm }: TsigKey,
  { time, error, other }: Pick<Signature, "time" | "error" | "other">,
): Buffer[] {
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16BE(error, 0);
  lengths.writeUInt16BE(other.length, 2);
  return [nameBytes(name), classAnyNoTtl, nameBytes(algorithm), time, lengths, other];
}

/** Class ANY and TTL 0, as every TSIG record has them. */
const classAnyNoTtl = Buffer.from([0, 255, 0, 0, 0, 0]);

function tsigRecord(
  { name, algorithm }: TsigKey,
  { time, mac, id }: { readonly time: Buffer; readonly mac: Buffer; readonly id: number },
): Buffer {
  const behind = Buffer.alloc(6);
  behind.writeUInt16BE(id, 0);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(mac.length);
  const data = Buffer.concat([nameBytes(algorithm), time, size, mac, behind]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(data.length);
  return Buffer.concat([nameBytes(name), Buffer.from([0, 250]), classAnyNoTtl, length, data]);
}

function timeBytes(now: Date): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(Math.floor(now.getTime() / 1000), 0, 6);
  bytes.writeUInt16BE(fudge, 6);
  return bytes;
}
