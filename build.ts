/**
 * `npm run build`: pipeline/ as the published package needs it, in dist/.
 *
 * A checkout runs its sources as they are. Node strips no types below `node_modules`, so the package ships JavaScript,
 * with whatever else stands beside the sources (the page) at the same place.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, rmSync, statSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
cpSync("pipeline", "dist", {
  recursive: true,
  // `page.js` beside `page.ts` would take the place of what was compiled.
  force: false,
  errorOnExist: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith(".ts"),
});
chmodSync("dist/bin.js", 0o755);
