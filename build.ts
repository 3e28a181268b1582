/**
 * `npm run build`: pipeline/ as the published package needs it, in dist/.
 *
 * A checkout runs its sources as they are. Node strips no types below `node_modules`, so the package ships JavaScript,
 * with whatever else is beside the sources (the browser app) at the same place, and the types of what the package exports.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
cpSync("pipeline", "dist", {
  recursive: true,
  // `find.js` beside `find.ts` would take the place of what was compiled.
  force: false,
  errorOnExist: true,
  filter: (path) => statSync(path).isDirectory() || !path.endsWith(".ts"),
});
chmodSync("dist/bin.js", 0o755);
keepTypesOf("dist/campaign/views-export.d.ts");

/** Deletes all declarations but those that `entry` needs, and lets these import what is there: `.js`. */
function keepTypesOf(entry: string): void {
  const needed = new Set([entry]);
  for (const file of needed) {
    const text = readFileSync(file, "utf8");
    const imports = text.matchAll(/(?:from |import\()"(\.[^"]+)\.ts"/g);
    for (const [, path = ""] of imports) needed.add(join(dirname(file), `${path}.d.ts`));
    writeFileSync(file, text.replace(/((?:from |import\()"\.[^"]+)\.ts"/g, '$1.js"'));
  }
  for (const path of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
    const file = join("dist", path);
    if (file.endsWith(".d.ts") && !needed.has(file)) rmSync(file);
  }
}
