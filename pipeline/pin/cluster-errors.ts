/** What an IPFS Cluster reports when it fails, and what can be done about it. */
import { Failure, isFailure } from "../core/failure.ts";
import { excerpt, kindOfStatus } from "../http/http.ts";

const notPinned = "pin is not part of the pinset";

/** What an answer other than 2xx, or a page, means. Cluster's own say why in JSON. */
export function refusal(said: string, status: number, text: string): Failure {
  const message = messageIn(text);
  const what = `${said} answered ${status}: ${excerpt(message ?? text)}`;
  if (status === 401 || status === 403) {
    return new Failure("refused", what, { hint: "check its token in the environment: user:password, or a token" });
  }
  if (message !== undefined) return meaningOf(said, message, kindOfStatus(status));
  if (/^\s*</.test(text) || kindOfStatus(status) === "unavailable") return new Failure("unavailable", what);
  return new Failure("input", `${what}. That is not the REST API of an IPFS Cluster`, {
    hint: "it usually listens on port 9094: check api: in campaign.yaml",
  });
}

/** Cluster's own words, and what can be done about them. */
export function meaningOf(said: string, message: string, otherwise: Failure["kind"] = "unavailable"): Failure {
  // Several errors of a stream arrive as one header, the first of them empty.
  const what = `${said}: ${excerpt(message.replace(/^[,\s]+/, ""))}`;
  if (message.includes(notPinned)) return new Failure("refused", what);
  if (/mismatch in content integrity/.test(message)) return new Failure("corrupt", what);
  if (/follower mode/.test(message)) {
    return new Failure("refused", what, { hint: "api: must be that of a peer that the others trust, not a follower" });
  }
  if (/not enough peers to allocate/.test(message)) {
    return new Failure("unavailable", what, { hint: "start the missing peers, or want fewer replicas:" });
  }
  return new Failure(otherwise, what);
}

function messageIn(text: string): string | undefined {
  try {
    const message = (JSON.parse(text) as { message?: unknown } | null)?.message;
    return isText(message) ? message : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isNotPinned(error: unknown): boolean {
  return isFailure(error, "refused") && error.message.endsWith(notPinned);
}

export function unclear(said: string, answer: unknown): Failure {
  return new Failure("corrupt", `${said} answered what no IPFS Cluster does: ${excerpt(JSON.stringify(answer) ?? "")}`);
}

export function cutShort(said: string, lacks: string): Failure {
  return new Failure("unavailable", `${said}: the answer ended early, it says ${lacks}`);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}
