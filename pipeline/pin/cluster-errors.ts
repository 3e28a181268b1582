/** Failures, with hints, for the errors that an IPFS Cluster reports. */

import { Failure, isFailure } from "../core/failure.ts";
import { isRecord, jsonIn } from "../core/json.ts";
import { excerpt, kindOfStatus } from "../http/http.ts";

const notPinned = "pin is not part of the pinset";

/** The failure for a status other than 2xx, or an HTML page. Cluster's own errors have a message in JSON. */
export function refusal(request: string, status: number, text: string): Failure {
  const message = messageIn(text);
  const what = `${request} answered ${status}: ${excerpt(message ?? text)}`;
  if (status === 401 || status === 403) {
    return new Failure("refused", what, { hint: "check its token in the environment: user:password, or a token" });
  }
  if (message !== undefined) return meaningOf(request, message, kindOfStatus(status));
  if (/^\s*</.test(text) || kindOfStatus(status) === "unavailable") return new Failure("unavailable", what);
  return new Failure("input", `${what}. That is not the REST API of an IPFS Cluster`, {
    hint: "it usually listens on port 9094: check api: in campaign.yaml",
  });
}

/** The failure for an error message of Cluster. */
export function meaningOf(request: string, message: string, otherwise: Failure["kind"] = "unavailable"): Failure {
  // Several errors of a stream arrive as one header; the first is empty.
  const what = `${request}: ${excerpt(message.replace(/^[,\s]+/, ""))}`;
  if (message.includes(notPinned)) return new Failure("refused", what);
  if (/mismatch in content integrity/.test(message)) return new Failure("corrupt", what);
  if (/follower mode/.test(message)) {
    return new Failure("refused", what, { hint: "api: must be that of a peer that the others trust, not a follower" });
  }
  if (/not enough peers to allocate/.test(message)) {
    return new Failure("unavailable", what, { hint: "start the missing peers, or request fewer replicas:" });
  }
  return new Failure(otherwise, what);
}

function messageIn(text: string): string | undefined {
  const answer = jsonIn(text);
  return isRecord(answer) && isText(answer.message) ? answer.message : undefined;
}

export function isNotPinned(error: unknown): boolean {
  return isFailure(error, "refused") && error.message.endsWith(notPinned);
}

export function unclear(request: string, answer: unknown): Failure {
  return new Failure(
    "corrupt",
    `${request} answered what no IPFS Cluster does: ${excerpt(JSON.stringify(answer) ?? "")}`,
  );
}

export function cutShort(request: string, lacks: string): Failure {
  return new Failure("unavailable", `${request}: the answer ended early, it has ${lacks}`);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}
