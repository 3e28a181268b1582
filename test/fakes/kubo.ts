/** Something on a loopback port that is asked as if it were a Kubo, and answers as a test wants it to. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Ended when the test is over. `commands` fills with what was asked, `block/get?arg=…` first to last. */
export async function startFakeKubo(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly api: string; readonly commands: string[] }> {
  const commands: string[] = [];
  const server = createServer((request, response) => {
    commands.push(request.url!.replace("/api/v0/", ""));
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, commands };
}
