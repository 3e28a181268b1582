/**
 * The comment of fieldtree on a pull request, which notifies subscribers only when the state changes.
 *
 * While the state is the same, the comment is edited, which notifies no subscriber. When it changes, a new comment is posted
 * and the old one is minimized. A comment belongs to fieldtree if it begins with the mark *and* its author is the token's
 * user, because anyone can write the mark.
 */
import { isFailure } from "../../core/failure.ts";
import type { GitHub } from "../run/client.ts";

export interface Message extends CommentText {
  /** A word, such as `report`. A new comment replaces the earlier one of the same kind. */
  readonly kind: string;
}

export interface CommentText {
  /** Where the state changes, a new comment is posted, which notifies subscribers. */
  readonly state: string;
  /** Markdown by fieldtree's own renderers, without the mark. */
  readonly body: string;
}

export interface Posted {
  /** Page of the comment. */
  readonly page: string;
  readonly did: "edited" | "left" | "posted";
}

/** Bounds on comments searched for the mark, and on old comments minimized in one run. */
const mostComments = 500;
const mostMinimized = 3;
/** GitHub's limit, in characters. */
const longestBody = 65_536;

interface Existing {
  readonly id: number;
  readonly node_id: string;
  readonly html_url: string;
  readonly body?: string | undefined;
  readonly user: { readonly login: string; readonly type: string } | null;
}

/** Posts `message` on pull request or issue `number`, or edits the present comment of that kind. Idempotent. */
export async function postComment(number: number, message: Message, github: GitHub): Promise<Posted> {
  return postOrEdit(number, message, await ourComments(number, message.kind, github), github);
}

/**
 * Changes the newest comment of that kind, if there is one. `change` receives its text without the mark. Resolves to whether
 * the comment changed.
 */
export async function reviseComment(
  number: number,
  kind: string,
  change: (comment: CommentText) => Promise<CommentText>,
  github: GitHub,
): Promise<boolean> {
  const existing = await ourComments(number, kind, github);
  const text = existing.at(-1)?.body;
  if (text === undefined) return false;
  const comment = await change({ state: stateIn(text), body: text.slice(text.indexOf("\n") + 1) });
  const { did } = await postOrEdit(number, { kind, ...comment }, existing, github);
  return did !== "left";
}

async function postOrEdit(
  number: number,
  message: Message,
  existing: readonly Existing[],
  github: GitHub,
): Promise<Posted> {
  const { kind, state } = message;
  const body = bodyOf(message);
  const newest = existing.at(-1);
  if (newest && stateIn(newest.body!) === inMark(state)) {
    if (newest.body === body) return { page: newest.html_url, did: "left" };
    const edited = await github.ask("editing the comment", (rest, place) =>
      rest.issues.updateComment({ ...place, comment_id: newest.id, body }),
    );
    return { page: edited.html_url, did: "edited" };
  }
  const posted = await post(number, kind, body, github);
  for (const { node_id } of existing.slice(-mostMinimized)) await minimize(node_id, github);
  return { page: posted.html_url, did: "posted" };
}

/** Oldest first. */
async function ourComments(number: number, kind: string, github: GitHub): Promise<readonly Existing[]> {
  const all = await github.all<Existing>(
    "reading the comments",
    (rest, page) => rest.issues.listComments({ ...page, issue_number: number }),
    mostComments,
  );
  const marked = all.filter(({ body }) => body?.startsWith(`<!-- fieldtree:${kind} `));
  if (marked.length === 0) return [];
  const me = await identity(github);
  return marked.filter(({ user }) => user !== null && isMe(user, me));
}

/** Returns the login of the token's user. Requested only where there is a comment with the mark, to compare its author. */
export async function identity(github: GitHub): Promise<string> {
  const { viewer } = await github.graphql<{ viewer: { login: string } }>(
    "asking who we are",
    "query { viewer { login } }",
    {},
  );
  return viewer.login;
}

/** REST returns `github-actions[bot]` of type Bot where GraphQL may return `github-actions`. */
export function isMe({ login, type }: { readonly login: string; readonly type: string }, me: string): boolean {
  const short = (name: string) => name.replace(/\[bot\]$/, "");
  return login === me || (type === "Bot" && short(login) === short(me));
}

/** A POST whose response was lost may have taken effect: search for the comment before posting again. */
async function post(number: number, kind: string, body: string, github: GitHub): Promise<Existing> {
  const create = () =>
    github.ask("posting the comment", (rest, place) =>
      rest.issues.createComment({ ...place, issue_number: number, body }),
    );
  try {
    return (await create()) as Existing;
  } catch (error) {
    if (!isFailure(error, "unavailable") || error.wait !== undefined) throw error;
    const existing = (await ourComments(number, kind, github)).findLast((one) => one.body === body);
    return existing ?? ((await create()) as Existing);
  }
}

/** Optional: where GitHub refuses to minimize an old comment, the new one must still be posted. */
async function minimize(subject: string, github: GitHub): Promise<void> {
  const mutation =
    "mutation ($subject: ID!) { minimizeComment(input: { subjectId: $subject, classifier: OUTDATED }) { clientMutationId } }";
  try {
    await github.graphql("folding the old comment away", mutation, { subject });
  } catch (error) {
    if (!isFailure(error, "refused")) throw error;
  }
}

function bodyOf({ kind, state, body }: Message): string {
  const text = `<!-- fieldtree:${kind} state="${inMark(state)}" -->\n${body}`;
  return text.length <= longestBody ? text : `${text.slice(0, longestBody - 2).toWellFormed()}\n…`;
}

const inMark = (state: string): string => state.replace(/[^A-Za-z0-9 ._-]/g, "_").slice(0, 100);
const stateIn = (text: string): string => /^<!-- fieldtree:\S+ state="([^"\n]*)" -->/.exec(text)?.[1] ?? "";
