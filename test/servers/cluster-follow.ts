/** `ipfs-cluster-follow`: the program by which an institute without a part in a Cluster pins what the Cluster pins. */
import { join } from "node:path";
import { goProgram } from "./go.ts";

const version = "1.1.0";

/** Path of the program; `undefined`, and on the list of absences, where it can't be built. */
export function followBinary(): Promise<string | undefined> {
  return goProgram({
    what: `IPFS Cluster Follow ${version}`,
    folder: `cluster-follow-${version}`,
    takes: "2 to 6 minutes",
    modules: join(import.meta.dirname, "cluster-follow"),
    from: "github.com/ipfs-cluster/ipfs-cluster/cmd/ipfs-cluster-follow",
    tryout: ["--version"],
  });
}
