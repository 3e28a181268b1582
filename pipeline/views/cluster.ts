/**
 * `cluster/service.json`: from which `ipfs-cluster-follow` starts a peer that pins what the campaign's Cluster pins.
 *
 * ```sh
 * ipfs-cluster-follow orcestra run --init https://GATEWAY/ipns/DOMAIN/cluster/service.json
 * ```
 *
 * Only where campaign.yaml has `followers:`. Nothing in it depends on the release, so the file stays the same block. The follower's
 * own addresses and the Kubo that it uses are its defaults, or come from its environment (`CLUSTER_…`).
 *
 * @see https://ipfscluster.io/documentation/collaborative/setup/
 */
import type { Followers } from "../core/campaign/followers.ts";
import { stableJson } from "../core/json.ts";
import type { Stateless, View } from "./view.ts";

export const cluster: View<Stateless> = {
  name: "cluster",
  version: 1,
  states: {},
  *render(_, { campaign }) {
    const { followers } = campaign;
    if (followers) yield { path: "cluster/service.json", content: stableJson(serviceOf(followers), 2) };
  },
};

function serviceOf({ secret, name, peers }: Followers): object {
  return {
    cluster: {
      secret,
      peer_addresses: peers,
      follower_mode: true,
      // All peers pin everything: where a pin has no factor of its own, and peers come and go.
      replication_factor_min: -1,
      replication_factor_max: -1,
      disable_repinning: true,
      leave_on_shutdown: false,
      mdns_interval: "0s",
      listen_multiaddress: ["/ip4/0.0.0.0/tcp/9096", "/ip4/0.0.0.0/udp/9096/quic"],
    },
    consensus: { crdt: { cluster_name: name, trusted_peers: [...new Set(peers.map(idOf))] } },
    datastore: { leveldb: {} },
    // Without them, these two have no defaults that a follower accepts.
    informer: { disk: { metric_ttl: "30s", metric_type: "freespace" } },
    ipfs_connector: { ipfshttp: { node_multiaddress: "/ip4/127.0.0.1/tcp/5001" } },
    monitor: { pubsubmon: { check_interval: "15s" } },
    pin_tracker: { stateless: {} },
  };
}

const idOf = (peer: string) => peer.slice(peer.lastIndexOf("/") + 1);
