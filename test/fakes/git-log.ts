/** A git branch with a log on it that fieldtree could have written, or somebody who means no good. */
import { execa } from "execa";
import type { CID } from "multiformats/cid";
import { type Release, releaseBlock } from "../../pipeline/log/release.ts";
import { aRelease } from "./release.ts";

export interface Put {
  /** `100644` unless told otherwise; `120000` is a symbolic link. */
  readonly mode?: string;
  readonly bytes: Uint8Array | string;
}

/** One commit with these files on `branch` of the bare repository `folder`: on top of what is there, or in its place. */
export async function commitTo(
  folder: string,
  branch: string,
  files: Readonly<Record<string, Put["bytes"] | Put>>,
  { instead = false } = {},
): Promise<void> {
  const stream = importStream(branch, instead ? undefined : await tipOf(folder, branch));
  stream.commit(files);
  await execa("git", ["fast-import", "--quiet", "--force", "--done"], { cwd: folder, input: stream.end() });
}

/** A log of `count` releases on `branch`, one commit each. Resolves to the newest. */
export async function longLog(
  folder: string,
  branch: string,
  count: number,
  more: Partial<Release> = {},
): Promise<{ readonly cid: CID; readonly release: Release }> {
  const stream = importStream(branch, undefined);
  let head: { cid: CID; release: Release } | undefined;
  for (let number = 1; number <= count; number++) {
    const release = aRelease(number, { previous: head?.cid ?? null, made: "2024-08-01T00:00:00Z", ...more });
    const { cid, bytes } = releaseBlock(release);
    stream.commit({ head: `${cid}\n`, [`releases/${`${cid}`.slice(-2)}/${cid}`]: bytes });
    head = { cid, release };
  }
  await execa("git", ["fast-import", "--quiet", "--force", "--done"], { cwd: folder, input: stream.end() });
  return head!;
}

async function tipOf(folder: string, branch: string): Promise<string | undefined> {
  const { stdout, exitCode } = await execa("git", ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`], {
    cwd: folder,
    reject: false,
  });
  return exitCode === 0 ? stdout : undefined;
}

function importStream(branch: string, parent: string | undefined) {
  const parts: Uint8Array[] = [];
  const line = (text: string) => parts.push(Buffer.from(`${text}\n`));
  const data = (bytes: Uint8Array | string) => {
    const buffer = Buffer.from(bytes as string);
    line(`data ${buffer.length}`);
    parts.push(buffer, Buffer.from("\n"));
  };
  let from = parent === undefined ? undefined : `from ${parent}`;
  if (parent === undefined) line(`reset refs/heads/${branch}`);
  let second = 1_700_000_000;
  return {
    commit(files: Readonly<Record<string, Put["bytes"] | Put>>) {
      line(`commit refs/heads/${branch}`);
      line(`committer somebody <somebody@localhost> ${second++} +0000`);
      data("a commit");
      if (from !== undefined) line(from);
      from = undefined;
      for (const [path, file] of Object.entries(files)) {
        const { mode = "100644", bytes } =
          typeof file === "object" && "bytes" in file ? (file as Put) : { bytes: file };
        line(`M ${mode} inline ${path}`);
        data(bytes as string);
      }
    },
    end(): Uint8Array {
      line("done");
      return Buffer.concat(parts);
    },
  };
}
