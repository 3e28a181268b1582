/** `followers:` in campaign.yaml: the IPFS Cluster that others can follow, each with a Kubo of their own. */
import * as v from "valibot";
import { optional } from "./fields.ts";

/** What a follower has to know of the Cluster. All of it is public. */
export interface Followers {
  /** 64 hexadecimal digits, which all peers of the Cluster have: they separate it from other networks, and do not protect it from followers. */
  readonly secret: string;
  /** `cluster_name` of its consensus. */
  readonly name: string;
  /** Multiaddrs of the peers that are trusted to pin, each ending in `/p2p/ID`. */
  readonly peers: readonly string[];
}

const peerWords = "must be addresses like /dns4/cluster.example.org/tcp/9096/p2p/12D3Koo…";

export const followersSchema = v.strictObject(
  {
    secret: v.pipe(
      v.string("must be 64 hexadecimal digits"),
      v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits, in small letters"),
      v.description(
        "cluster.secret of the Cluster's service.json. It is published: a Cluster that others may follow has no secret from them",
      ),
    ),
    name: optional(
      "consensus.crdt.cluster_name of its service.json. Default: ipfs-cluster",
      v.pipe(v.string(), v.regex(/^[!-~]{1,100}$/, "must be a name without spaces")),
    ),
    peers: v.pipe(
      v.array(
        v.pipe(v.string(peerWords), v.regex(/^\/[!-~]{1,300}\/p2p\/[1-9A-HJ-NP-Za-km-z]{40,80}$/, peerWords)),
        peerWords,
      ),
      v.minLength(1, "names no peer"),
      v.maxLength(50, "has more than 50 entries"),
      v.description("Addresses of the peers that are trusted to pin"),
    ),
  },
  "needs secret: and peers:",
);

export function settledFollowers(written: v.InferOutput<typeof followersSchema>): Followers {
  const { secret, name, peers } = written;
  return { secret, name: name ?? "ipfs-cluster", peers };
}
