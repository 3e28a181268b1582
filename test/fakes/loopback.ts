/** A server of a test's own, which other processes can reach too. */
import type { Server } from "node:http";
import { onTestFinished } from "vitest";
import { closed, listening } from "../servers/loopback.ts";

/** Has `server` listen on loopback until the test is finished. Resolves to `http://127.0.0.1:PORT`. */
export async function onLoopback(server: Server): Promise<string> {
  const address = await listening(server);
  onTestFinished(() => closed(server));
  return address;
}
