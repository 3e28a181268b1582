/** `republish`: puts the signed IPNS records again, unchanged. */

import { republishRecords } from "../cli/publishing/republish-records.ts";
import type { Verb } from "../cli/verb.ts";

export const republish: Verb = {
  about: `Of the names in campaign.yaml, and of keys that were pushed to. The network forgets an IPNS record after 48 hours, whatever its validity. Republishing needs no
signature: the record is stored alongside the head of the log, and any machine that reads the log can do it without the key. Let
cron do it well before, every 12 hours:
  0 */12 * * *  fieldtree --campaign DIR --quiet republish`,
  example: "fieldtree republish",

  run: republishRecords,
};
