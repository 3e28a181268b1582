/** `s3`: answers S3's requests, so that tools that know S3 fill and read the campaign; `s3 snapshot` makes a bucket a line of tree.yaml. */
import type { Call, Verb } from "../cli/verb.ts";
import { Failure } from "../core/failure.ts";

export const s3: Verb = {
  args: "[snapshot] [bucket]",
  flags: [
    ["--port <port>", "0 for any that is free", "9000"],
    ["--host <host>", "an address of this machine; 0.0.0.0 is all of them", "127.0.0.1"],
    ["--tls-cert <file>", "answer https, with this certificate (PEM)"],
    ["--tls-key <file>", "the key of that certificate (PEM)"],
    ["--domain <name...>", "hosts below which each bucket is a host of its own, as below localhost: BUCKET.NAME"],
    ["--at <path>", "snapshot: where in tree.yaml the bucket's CID goes"],
    ["--pull-request", "snapshot: propose that line on GitHub instead of writing it here; takes --at and GITHUB_TOKEN"],
    ["--repo <owner/name>", "snapshot: the campaign's repository on GitHub (default: that of git's remote origin)"],
  ],
  about: `Who may read and write which buckets stands in campaign.yaml, under s3:. Objects are stored on the campaign's node, chunked as \`add\` does;
release-N, latest and portal are buckets that can be read only. A HEAD or GET of an object has its CID in x-ipfs-path, and GET /BUCKET?fieldtree-cid is
that of the bucket.

\`s3 snapshot BUCKET\` prints the CID of a bucket as it is now, equal to that of \`ipfs add -r -H --cid-version=1\` of the same files, and
pins it; with --at it writes the line of tree.yaml, and with --pull-request it proposes it as \`pull-request\` does. It may run while the
gateway runs. \`gc\` leaves what buckets have; \`gc --added\` unpins snapshots that are not in tree.yaml.`,
  example: "fieldtree s3 --port 9000",

  endsBySignal: true,

  async run(call) {
    const [what, bucket] = call.args;
    if (what === "snapshot") return snapshot(bucket, call);
    if (what !== undefined) throw new Failure("input", `s3 ${what}: there is only snapshot`);
    return (await import("../cli/s3/serve.ts")).serveBuckets(call);
  },
};

async function snapshot(bucket: string | undefined, call: Call): Promise<number | undefined> {
  const isProposed = call.flags.pullRequest === true;
  if (isProposed && typeof call.flags.at !== "string")
    throw new Failure("input", "--pull-request needs --at PATH: where in the tree the bucket goes");
  const { snapshotBucket } = await import("../cli/s3/snapshot.ts");
  const { cid, path } = await snapshotBucket(bucket, isProposed, call);
  if (!isProposed) return 0;
  const { proposeEdits } = await import("../cli/propose-edits.ts");
  return proposeEdits([{ path: path ?? "", written: cid.toString() }], call);
}
