/** Opens the port of a server, with the reasons why it can't be opened in words. */
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { Failure } from "../core/failure.ts";

/** @throws Failure `input` for a host or port that can't be opened, `refused` where the port is in use or not permitted */
export async function listening(server: Server, host: string, port: number): Promise<AddressInfo> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Failure("input", `${port} is no port`);
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new Failure("refused", `port ${port} on ${host} is taken`, { hint: "choose another with --port" });
    }
    if (code === "EACCES") throw new Failure("refused", `port ${port} needs rights we don't have: ${message}`);
    throw new Failure("input", `can't serve on ${host}: ${message}`, { cause: error });
  }
  return server.address() as AddressInfo;
}

/** The address of an opened port, without trailing slash. */
export const urlOf = ({ address, family, port }: AddressInfo, scheme: "http" | "https"): string =>
  `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
