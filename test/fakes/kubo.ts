/** Something on a loopback port that is asked as if it were a Kubo, and answers as a test wants it to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onLoopback } from "./loopback.ts";

/** Ended when the test is over. `commands` fills with what was asked, `block/get?arg=…` first to last. */
export async function startFakeKubo(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly api: string; readonly commands: string[] }> {
  const commands: string[] = [];
  const server = createServer((request, response) => {
    commands.push(request.url!.replace("/api/v0/", ""));
    answer(request, response);
  });
  return { api: await onLoopback(server), commands };
}
