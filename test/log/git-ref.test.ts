import { join } from "node:path";
import { execa } from "execa";
import { describe } from "vitest";
import { gitLog } from "../../pipeline/log/git-ref.ts";
import { logContract } from "../contracts/log.ts";
import { fakeHome } from "../fakes/home.ts";
import { temporaryFolder } from "../fakes/parts.ts";

async function aRemote() {
  const folder = await temporaryFolder();
  await execa("git", ["init", "--quiet", "--bare", folder]);
  await execa("git", ["-C", folder, "config", "uploadpack.allowFilter", "true"]);
  return folder;
}

describe("a log on a git branch, one machine", () => {
  logContract(async () => {
    const remote = await aRemote();
    const state = await temporaryFolder();
    const blocks = fakeHome();
    return {
      open: () => gitLog({ folder: state, remote, branch: "campaign/state", state, blocks, holder: "anna@laptop" }),
    };
  });
});

describe("a log on a git branch, another machine each time", () => {
  logContract(async () => {
    const remote = await aRemote();
    const states = await temporaryFolder();
    let machines = 0;
    return {
      open: () => {
        const state = join(states, `${machines++}`);
        return gitLog({
          folder: states,
          remote,
          branch: "campaign/state",
          state,
          blocks: fakeHome(),
          holder: "anna@laptop",
        });
      },
    };
  });
});
