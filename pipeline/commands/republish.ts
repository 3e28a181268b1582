/** `republish`: the signed IPNS records, put again as they are. */

import { republishRecords } from "../cli/republish-records.ts";
import type { Verb } from "../cli/verb.ts";

export const republish: Verb = {
  about: `The network forgets an IPNS record after 48 hours, whatever life it has left. Nothing needs to be signed to put it
again: the record is stored beside the head of the log, and any machine that reads the log can do it without the key. Let
cron do it well before, every 12 hours:
  0 */12 * * *  fieldtree --campaign DIR --quiet republish`,
  example: "fieldtree republish",

  run: republishRecords,
};
