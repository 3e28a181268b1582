/**
 * Hosts of a dataset, in memory: a gateway that gives blocks, and a static host that has files alone.
 *
 * ```ts
 * const host = hostOf({ "a/0": bytes });
 * const opened = await openData(host.dataset(), host.page, host.gateway(), () => {});
 * ```
 */
import { CID } from "multiformats/cid";
import type { DatasetAddress } from "../../../browser/reading/open.ts";
import type { World } from "../../../pipeline/core/world.ts";
import { keyOf, type Link, type Put } from "../../../pipeline/dag/block.ts";
import { fileOf } from "../../../pipeline/dag/build/file.ts";
import { makeDirectory } from "../../../pipeline/dag/directory.ts";
import { type Profile, profiles } from "../../../pipeline/dag/profile.ts";
import { testWorld } from "../../fakes/world.ts";

export type Files = Readonly<Record<string, Uint8Array | string>>;

export interface Host {
  readonly cid: CID;
  /** As the page has it. */
  dataset(reader?: string): DatasetAddress;
  readonly page: URL;
  /** Paths of requests so far, with ranges: `/ipfs/bafy…?format=raw`, `/d/a/0 bytes=0-9`. */
  readonly requests: string[];
  /** @param change what arrives instead of a block */
  gateway(change?: (cid: CID, bytes: Uint8Array) => Uint8Array): World;
  /** @param ranges whether it answers them */
  files(options?: { readonly ranges?: boolean }): World;
}

/** Files of a folder by path; one file alone where its path is "". */
export function hostOf(files: Files, profile: Profile = profiles["cid-v1"]): Host {
  const blocks = new Map<string, Uint8Array>();
  const put: Put = ({ cid, bytes }) => void blocks.set(keyOf(cid), bytes);
  const bytesBy = bytesOf(files);
  const cid = rootOf(bytesBy, profile, put);
  const requests: string[] = [];
  const world = (answer: (url: URL, request: Request) => Response): World =>
    testWorld({
      async fetch(request) {
        const url = new URL(request.url);
        const range = request.headers.get("range");
        requests.push(`${url.pathname}${url.search}${range ? ` ${range}` : ""}`);
        return answer(url, request);
      },
    });
  return {
    cid,
    dataset: (reader = "zarr") => ({ cid: cid.toString(), reader, data: "../../tree/d" }),
    page: new URL("https://portal.example/datasets/d/index.html"),
    requests,
    gateway: (change = (_, bytes) => bytes) =>
      world(({ pathname, search }) => {
        if (!pathname.startsWith("/ipfs/") || search !== "?format=raw") return new Response("none", { status: 404 });
        const asked = CID.parse(pathname.slice("/ipfs/".length));
        const bytes = blocks.get(keyOf(asked));
        if (!bytes) return new Response("no such block", { status: 404 });
        return new Response(change(asked, bytes) as Uint8Array<ArrayBuffer>, {
          headers: { "content-type": "application/vnd.ipld.raw" },
        });
      }),
    files: ({ ranges = true } = {}) =>
      world(({ pathname }, request) => {
        const bytes = bytesBy.get(decodeURIComponent(pathname).replace(/^\/tree\/d\/?/, ""));
        if (!bytes || !pathname.startsWith("/tree/d")) return new Response("no such file", { status: 404 });
        const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("range") ?? "") ?? [];
        if (!ranges || first === undefined) return new Response(bytes as Uint8Array<ArrayBuffer>);
        const from = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
        const part = bytes.slice(from, first === "" ? undefined : Number(last) + 1);
        const headers = { "content-range": `bytes ${from}-${from + part.length - 1}/${bytes.length}` };
        return new Response(part as Uint8Array<ArrayBuffer>, { status: 206, headers });
      }),
  };
}

export function bytesOf(files: Files): ReadonlyMap<string, Uint8Array> {
  const utf8 = new TextEncoder();
  return new Map(
    Object.entries(files).map(([path, content]) => [
      path,
      typeof content === "string" ? utf8.encode(content) : content,
    ]),
  );
}

/** The folder of these files, or the file of the path "". */
export function rootOf(files: ReadonlyMap<string, Uint8Array>, profile: Profile, put: Put): CID {
  const only = files.get("");
  return (only ? fileOf(only, profile, put) : folderLink([...files], profile, put)).cid;
}

function folderLink(files: readonly (readonly [path: string, bytes: Uint8Array])[], profile: Profile, put: Put): Link {
  const below = Map.groupBy(files, ([path]) => path.split("/")[0]!);
  const entries = [...below].map(([name, some]) => {
    const [[path, bytes]] = some as [(typeof some)[0]];
    const inner = some.map(([path, bytes]) => [path.slice(name.length + 1), bytes] as const);
    return { name, ...(path === name ? fileOf(bytes, profile, put) : folderLink(inner, profile, put)) };
  });
  return makeDirectory(entries, profile, put);
}
