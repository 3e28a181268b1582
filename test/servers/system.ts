/**
 * Debian packages that tests need and a user's cache can't hold.
 *
 * A test run never touches the system by itself: packages are installed where `CI` is set, or when a person asks by
 * `npm run test:setup`.
 */
import { execa } from "execa";
import { findChromium } from "./chromium.ts";
import { dnsPackages } from "./dns.ts";
import { findProgram } from "./dns-daemon.ts";
import { say } from "./made.ts";

/** Names of the packages that would have to be installed on this machine. */
export async function missingPackages(): Promise<string[]> {
  const missing: string[] = [];
  // A page without a single font is a page nobody can judge.
  if (!(await findChromium())) missing.push("chromium", "fonts-liberation");
  // Debian takes `ensurepip` out of Python, and without it no venv can be made.
  if (await lacksEnsurepip()) missing.push("python3-venv");
  for (const [program, packages] of Object.entries(dnsPackages)) {
    if (!findProgram(program)) missing.push(...packages);
  }
  return missing;
}

/** Install what is missing; where that takes a right or a program we lack, say what would have to be run. */
export async function installPackages(): Promise<void> {
  const packages = await missingPackages();
  if (packages.length === 0) return;
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  const inWords = `apt-get update && apt-get ${install.join(" ")}`;
  const { exitCode } = await execa("apt-get", ["--version"], { reject: false });
  if (exitCode !== 0 || process.getuid?.() !== 0) {
    say(`to be run as root on Debian or Ubuntu, or done in your system's own way: ${inWords}`);
    return;
  }
  say(inWords);
  const quietly = { env: { DEBIAN_FRONTEND: "noninteractive" }, stdin: "ignore", reject: false } as const;
  await execa("apt-get", ["update", "--quiet"], quietly);
  const installed = await execa("apt-get", install, quietly);
  if (installed.exitCode !== 0) say(`apt-get failed: ${installed.stderr.trim().split("\n").at(-1)}`);
}

async function lacksEnsurepip(): Promise<boolean> {
  const asked = await execa("python3", ["-c", "import ensurepip"], { reject: false });
  return asked.exitCode === 1;
}
