/**
 * `npm run build`: pipeline/ as the published package needs it, in dist/.
 *
 * A checkout runs its sources as they are. Node strips no types below `node_modules`, so the package ships JavaScript,
 * with whatever else is beside the sources (the browser app) at the same place, and the types of what the package exports.
 *
 * The JavaScript is bundled to some files for each verb: resolving, reading and linking two hundred modules takes longer than
 * what a short command does. Packages stay packages.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build, type Plugin } from "vite";

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
await bundle();
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

/** What is loaded by its path: the program, its threads, and what the package exports. */
function entries(): Record<string, string> {
  const names = readdirSync("pipeline", { recursive: true, encoding: "utf8" });
  const threads = names.filter((name) => name.endsWith("-worker.ts"));
  const modules = ["bin.ts", "campaign/views-export.ts", ...threads];
  return Object.fromEntries(modules.map((name) => [name.slice(0, -".ts".length), join("pipeline", name)]));
}

async function bundle(): Promise<void> {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [pathsOfSources()],
    ssr: { external: true },
    build: {
      ssr: true,
      outDir: "dist",
      emptyOutDir: false,
      minify: false,
      target: "node24",
      rolldownOptions: {
        input: entries(),
        external: /package\.json$/,
        output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" },
      },
    },
  });
}

/** Modules find files and threads from their own address, which in a chunk is another. */
function pathsOfSources(): Plugin {
  return {
    name: "paths-of-sources",
    transform(code, id) {
      if (!code.includes("import.meta.url") || !id.endsWith(".ts")) return undefined;
      const own = relative("pipeline", id).replace(/\.ts$/, "");
      if (own in entries()) return undefined;
      return code.replaceAll("import.meta.url", `new URL("./${own}.js", import.meta.url).href`);
    },
  };
}
