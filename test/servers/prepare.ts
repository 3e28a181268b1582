/**
 * Makes everything the tests need that is not an npm package, before the first test runs.
 *
 * Run as a program (`npm run test:setup`) it installs system packages too. Tests also find their servers without it: it
 * only does the slow part at once, in the open.
 */
import { findData } from "../data.ts";
import { act, actionlint, zizmor } from "./actions.ts";
import { chromium } from "./chromium.ts";
import { clusterBinary } from "./cluster.ts";
import { followBinary } from "./cluster-follow.ts";
import { complianceFiles } from "./compliance.ts";
import { debianProgram } from "./debian.ts";
import { dnslinkTest } from "./dnslink-test.ts";
import { kappaCore } from "./kappa.ts";
import { kuboBinary } from "./kubo.ts";
import { say } from "./made.ts";
import { pinningTools } from "./pinning.ts";
import { python, pythonWith } from "./python.ts";
import { s3Clients } from "./s3-clients.ts";
import { fetchSchemas } from "./schemas.ts";
import { installPackages } from "./system.ts";

/** What can't be had is recorded (`../absent.ts`), never thrown. */
export async function prepare(options: { systemPackages: boolean }): Promise<void> {
  if (options.systemPackages) await installPackages();
  if (!findData("stac-schemas")) await fetchSchemas().catch((error: Error) => say(`STAC schemas: ${error.message}`));
  await chromium();
  // Python's tools wait for the network, Go's for the processor.
  await Promise.all([
    python()
      .then(() =>
        Promise.all(
          (["catalogs", "datacite", "intake-1", "intake-2", "odf", "s3", "s3-backup"] as const).map(pythonWith),
        ),
      )
      .then(complianceFiles)
      .then(zizmor)
      .then(pinningTools)
      .then(dnslinkTest)
      .then(kappaCore)
      .then(s3Clients)
      .then(() => debianProgram("restic"))
      .then(() => debianProgram("s3fs", ["libfuse2"])),
    kuboBinary().then(clusterBinary).then(followBinary).then(act).then(actionlint),
  ]);
}

if (import.meta.main) await prepare({ systemPackages: true });
