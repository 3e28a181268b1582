/** The blocks of an Open Data Fabric dataset, newest first, as `log` prints them. */
import { blocksOf, describeEvent } from "../../formats/odf/chain.ts";
import { printable } from "../print/terminal.ts";
import type { Call } from "../verb.ts";
import { openDataset } from "./dataset.ts";

export async function logDataset(given: string, call: Call): Promise<number> {
  const { files, chain } = await openDataset(given, call);
  const { out, world } = call;
  for await (const { hash, block } of blocksOf(chain, files, world)) {
    const { event, sequenceNumber, systemTime } = block;
    out.result(
      { ...block, hash, event: withoutBytes(event) },
      `block ${sequenceNumber}  ${systemTime}  ${printable(describeEvent(event))}\n  ${hash}`,
    );
    await out.taken();
  }
  return 0;
}

/** Bytes, such as an Arrow schema, in hexadecimal. */
const withoutBytes = (event: object): object =>
  Object.fromEntries(
    Object.entries(event).map(([field, value]) => [
      field,
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    ]),
  );
