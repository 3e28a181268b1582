/** A portal that was rendered from made-up datasets, served as a gateway or as a host of files would: no node, no program. */
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";
import type { Content, Past, States, View } from "../../pipeline/views/view.ts";
import { filesOf, statesAfter } from "../fakes/views.ts";
import { closed, listening } from "../servers/loopback.ts";

const types: Readonly<Record<string, string>> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  json: "application/json",
};

/** What the views write that have bytes, after the releases in `past`. */
export function portalOf(
  views: readonly View<States>[],
  content: Content,
  past: readonly Past[] = [],
): Map<string, string | Uint8Array> {
  const files = views.flatMap((view) => filesOf(view, statesAfter(view, past), content));
  return new Map(
    files.flatMap(({ path, content }) =>
      typeof content === "string" || content instanceof Uint8Array ? [[path, content]] : [],
    ),
  );
}

export interface PortalServer {
  readonly url: string;
  /** Below which paths there are which files. May be added to. */
  readonly mounts: Map<string, ReadonlyMap<string, string | Uint8Array>>;
  close(): Promise<void>;
}

/** Serves each mount below its path: `ipfs/CID`, `a/folder`. @param delay milliseconds before each answer. */
export async function servePortals(mounts: PortalServer["mounts"], delay = 0): Promise<PortalServer> {
  const server = createServer(async (request, response) => {
    if (delay > 0) await setTimeout(delay);
    const path = decodeURIComponent((request.url ?? "/").split("?")[0]!).slice(1);
    const mount = [...mounts.keys()].find((each) => path.startsWith(`${each}/`));
    const file = mount === undefined ? undefined : mounts.get(mount)?.get(path.slice(mount.length + 1));
    if (file === undefined) return void response.writeHead(404).end();
    const type = types[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type }).end(file);
  });
  return { url: await listening(server), mounts, close: () => closed(server) };
}
