/**
 * Servers of this machine, as if they were far away: a relay in a process of its own, so that what it does takes nothing
 * from the measured program but the machine's time.
 *
 * An answer comes back a round trip later, and what is first sent on a connection goes out a round trip later, as it
 * would behind a handshake. Loopback itself adds next to nothing.
 *
 * ```ts
 * const far = await relay(50, ["tcp 127.0.0.1:5001", "udp 127.0.0.1:5301"]);
 * far.addresses; // ["127.0.0.1:40001", "127.0.0.1:40002"]
 * far.stop();
 * ```
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, connect as open } from "node:net";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export interface Far {
  /** `host:port` for each target, in their order. */
  readonly addresses: readonly string[];
  stop(): void;
}

/** `targets`: `tcp host:port` or `udp host:port`. `roundTrip`: ms. */
export async function relay(roundTrip: number, targets: readonly string[]): Promise<Far> {
  const child: ChildProcess = spawn(process.execPath, [import.meta.filename, String(roundTrip), ...targets], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return { addresses: JSON.parse(line) as string[], stop: () => void child.kill() };
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const [roundTrip, ...targets] = process.argv.slice(2);
  const ports = await Promise.all(
    targets.map((target) => {
      const [, kind, host, port] = /^(tcp|udp) (.+):(\d+)$/.exec(target)!;
      return (kind === "tcp" ? tcpRelay : udpRelay)(host!, Number(port), Number(roundTrip));
    }),
  );
  console.log(JSON.stringify(ports.map((port) => `127.0.0.1:${port}`)));
}

async function tcpRelay(host: string, port: number, roundTrip: number): Promise<number> {
  const server = createServer({ noDelay: true }, (near) => {
    const far = open({ host, port, noDelay: true });
    let handshake: Promise<unknown> = new Promise((resolve) => setTimeout(resolve, roundTrip));
    near.on("data", (bytes) => {
      handshake = handshake.then(() => far.write(bytes));
    });
    far.on("data", (bytes) => setTimeout(() => near.write(bytes), roundTrip));
    far.on("end", () => setTimeout(() => near.end(), roundTrip));
    near.on("end", () => far.end());
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => setTimeout(() => other.destroy(), roundTrip));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function udpRelay(host: string, port: number, roundTrip: number): Promise<number> {
  const near = createSocket("udp4");
  near.on("message", (question, from) => {
    const far = createSocket("udp4");
    far.once("message", (answer) => {
      far.close();
      setTimeout(() => near.send(answer, from.port, from.address), roundTrip);
    });
    far.send(question, port, host);
  });
  near.bind(0, "127.0.0.1");
  await once(near, "listening");
  return near.address().port;
}
