/** Somebody between us and a real server, who may do something before a message arrives, or to its answer. */
import { connect } from "node:net";
import type { Packet } from "dns-packet";
import { type FakeDns, fakeDns } from "../../fakes/dns-server.ts";

export type Meddle = (message: Buffer, forward: () => Promise<Buffer>) => Promise<Packet | Buffer | undefined>;

/** With an update, or whatever else is `meant`, `meddle` does as it likes; the rest passes untouched. */
export function relay(address: string, meddle: Meddle, meant = isUpdate): Promise<FakeDns> {
  return fakeDns(({ message }) => {
    const forward = () => forwarded(address, message);
    return meant(message) ? meddle(message, forward) : forward();
  });
}

export function isUpdate(message: Buffer): boolean {
  return (message.readUInt16BE(2) & 0x7800) === 5 << 11;
}

function forwarded(address: string, message: Buffer): Promise<Buffer> {
  const [host, port] = address.split(":") as [string, string];
  const socket = connect(Number(port), host);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  let got = Buffer.alloc(0);
  return new Promise<Buffer>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (part) => {
      got = Buffer.concat([got, part]);
      if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) resolve(got.subarray(2));
    });
  }).finally(() => socket.destroy());
}
