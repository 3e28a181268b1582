/** Failures of git commands, by git's messages: which are permanent, which may come from the network. */
import { Failure } from "../../core/failure.ts";
import type { GitResult } from "../../disk/run-git.ts";
import type { Access } from "./access.ts";

/** The failure for a command that fails in the local repository, independently of the remote. */
export function broken(ran: GitResult, folder: string, doing: string): Failure {
  return new Failure("refused", `git failed ${doing} in ${folder}: ${ran.message}`, {
    hint: "everything in that folder is also on the remote: remove it and run it again",
  });
}

/** Messages of git for permanent errors. Any other error may come from the network. */
const permanent =
  /Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied|Permission to .* denied|access denied|returned error: 40[1-4]|Invalid username|Bad credentials|Host key verification failed|Repository not found|repository '.*' not found|does not appear to be a git repository|does not exist|not a git repository|dubious ownership|transport '.*' not allowed|is not a git command|unsupported protocol|mismatched algorithms|Unable to find remote helper|insufficient permission|Write access to repository not granted/i;

/** Messages of git for corrupt or missing objects. */
const corruption =
  /fsck error|bad object|did not send all necessary objects|index-pack (failed|died)|SHA1 COLLISION|invalid object|corrupt|missing blob|bad tree|not our ref/i;

/** The failure for a command that asked the remote, and was not done after `timeoutMs` where it was ended. */
export function refusal(ran: GitResult, doing: string, { shown, withoutSecrets }: Access, timeoutMs: number): Failure {
  const reason = withoutSecrets(ran.message);
  const message = `${shown}: git failed ${doing}: ${reason}`;
  if (ran.timedOut)
    return new Failure("unavailable", `${shown}: git was not done ${doing} after ${timeoutMs / 1000} s`);
  if (permanent.test(reason)) {
    return new Failure("refused", message, {
      hint: "can `git push` reach it from here? fieldtree uses the same settings and credentials",
    });
  }
  if (corruption.test(reason) && !/early EOF|hung up|disconnect/i.test(reason)) return new Failure("corrupt", message);
  return new Failure("unavailable", message);
}

/** The failure for a push that the remote rejected with a reason. */
export function rejection(reason: string, ran: GitResult, branch: string, { shown, withoutSecrets }: Access): Failure {
  const why = withoutSecrets(`${reason.slice(0, 200)}; ${ran.message}`);
  if (/lock|failed to update|timed? ?out/i.test(reason)) {
    return new Failure("unavailable", `${shown} is busy with ${branch}: ${why}`);
  }
  return new Failure("refused", `${shown} does not take a push to ${branch}: ${why}`, {
    hint: "the branch must not be protected against the publisher",
  });
}
