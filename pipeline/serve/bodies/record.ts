/**
 * The signed record of an IPNS key, with which a client that resolves the name verifies the answer.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/#ipns-record-responses-application-vnd-ipfs-ipns-record
 */
import { sha256 } from "../../dag/hash.ts";
import { common, disposition, freshness } from "../headers.ts";
import { keyName } from "../hosts/key-name.ts";
import { Refusal } from "../refusal.ts";
import { type Address, names } from "../request.ts";
import type { Answer, Asking, Source } from "../response.ts";

export const recordType = "application/vnd.ipfs.ipns-record";

export async function ipnsRecord(address: Address, asking: Asking, { record }: Source): Promise<Answer> {
  const key = address.namespace === "ipns" ? keyName(address.root) : undefined;
  if (key === undefined) throw new Refusal(400, `an IPNS record is that of a key: /ipns/k51…?format=ipns-record`);
  if (address.names.length > 0) throw new Refusal(400, "an IPNS record has no path below it");
  const found = await record?.(key);
  if (!found) throw new Refusal(404, `this gateway knows no record of ${key}`);
  const etag = `"${Buffer.from(sha256(found.bytes)).toString("hex").slice(0, 32)}.ipns-record"`;
  const headers = { ...common, ...freshness("ipns", found), etag, "x-ipfs-path": address.contentPath };
  if (names(asking.headers["if-none-match"], etag)) return { status: 304, headers };
  return {
    status: 200,
    headers: {
      ...headers,
      "content-type": recordType,
      "content-length": String(found.bytes.length),
      "content-disposition": disposition(address, true, `${key}.ipns-record`),
      ...(address.query.has("format") ? {} : { "content-location": `${address.path}?format=ipns-record` }),
    },
    body: found.bytes,
  };
}
