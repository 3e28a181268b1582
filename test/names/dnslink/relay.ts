/** Somebody between us and a real server, who may do something before a message arrives, or to its answer. */
import type { Packet } from "dns-packet";
import { type FakeDns, fakeDns } from "../../fakes/dns-server.ts";
import { overTcp } from "../../servers/doh.ts";

export type Meddle = (message: Buffer, forward: () => Promise<Buffer>) => Promise<Packet | Buffer | undefined>;

/** With an update, or whatever else is `meant`, `meddle` does as it likes; the rest passes untouched. */
export function relay(address: string, meddle: Meddle, meant = isUpdate): Promise<FakeDns> {
  return fakeDns(({ message }) => {
    const forward = () => overTcp(address, message);
    return meant(message) ? meddle(message, forward) : forward();
  });
}

export function isUpdate(message: Buffer): boolean {
  return (message.readUInt16BE(2) & 0x7800) === 5 << 11;
}
