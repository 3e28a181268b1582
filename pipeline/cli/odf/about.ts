/** How the verbs that take a dataset of Open Data Fabric describe it, and which of their addresses can be nothing else. */
import { Failure } from "../../core/failure.ts";
import { parseAddress } from "../address/parse-address.ts";

export const aboutOdf = `With the address of a dataset of Open Data Fabric, as kamu writes them, it is about that dataset's chain of metadata blocks: a
folder of this machine, a path in the tree, ipfs://CID, ipns://NAME, or where a web server has its files.`;

/** Whether it is the address of a web server, and of nothing on IPFS. */
export function isWebAddress(given: string): boolean {
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return false;
  try {
    parseAddress(given);
    return false;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return true;
  }
}
