/**
 * The little of GitHub's GraphQL that REST has no word for: folding a comment away.
 *
 * GitHub publishes no contract for GraphQL that could be trimmed as the REST one was, so these types are written by hand
 * from its documentation of `minimizeComment` and `unminimizeComment`. The language itself is the real one.
 */
import { buildSchema, graphql } from "graphql";
import { nodeId } from "./answers/addresses.ts";
import { Refusal } from "./call.ts";
import type { Comment, Hub, Repo } from "./state.ts";
import { authorize, type Caller } from "./tokens.ts";

const schema = buildSchema(`
  enum ReportedContentClassifiers { ABUSE DUPLICATE LOW_QUALITY OFF_TOPIC OUTDATED RESOLVED SPAM }
  interface Node { id: ID! }
  interface Minimizable { isMinimized: Boolean!, minimizedReason: String }
  interface Actor { login: String! }
  type User implements Actor { login: String! }
  type IssueComment implements Node & Minimizable {
    id: ID!, databaseId: Int, body: String!, author: User, isMinimized: Boolean!, minimizedReason: String
  }
  input MinimizeCommentInput { clientMutationId: String, subjectId: ID!, classifier: ReportedContentClassifiers! }
  input UnminimizeCommentInput { clientMutationId: String, subjectId: ID! }
  type MinimizeCommentPayload { clientMutationId: String, minimizedComment: Minimizable }
  type UnminimizeCommentPayload { clientMutationId: String, unminimizedComment: Minimizable }
  type Query { viewer: User!, node(id: ID!): Node }
  type Mutation {
    minimizeComment(input: MinimizeCommentInput!): MinimizeCommentPayload
    unminimizeComment(input: UnminimizeCommentInput!): UnminimizeCommentPayload
  }
`);

interface Input {
  readonly subjectId: string;
  readonly classifier?: string;
  readonly clientMutationId?: string;
}

/** Answer one request; errors stand in the answer, with status 200, as GraphQL has it. */
export async function answerGraphql(
  hub: Hub,
  caller: Caller,
  request: { query?: string; variables?: object },
): Promise<object> {
  const shown = ({ id, body, user, minimized }: Comment) => ({
    __typename: "IssueComment",
    id: nodeId("IC", id),
    databaseId: id,
    body,
    author: { login: user.login },
    isMinimized: minimized !== undefined,
    minimizedReason: minimized ?? null,
  });
  const fold = (input: Input, minimized: string | undefined) => {
    const { repo, comment } = commentFor(hub, input.subjectId);
    mayFold(caller, repo);
    comment.minimized = minimized;
    return shown(comment);
  };
  const rootValue = {
    viewer: () => ({ login: caller.token?.user.login }),
    node: ({ id }: { id: string }) => shown(commentFor(hub, id).comment),
    minimizeComment: ({ input }: { input: Input }) => ({
      clientMutationId: input.clientMutationId,
      minimizedComment: fold(input, input.classifier!.toLowerCase()),
    }),
    unminimizeComment: ({ input }: { input: Input }) => ({
      clientMutationId: input.clientMutationId,
      unminimizedComment: fold(input, undefined),
    }),
  };
  const { data, errors } = await graphql({
    schema,
    source: request.query ?? "",
    rootValue,
    variableValues: { ...request.variables },
  });
  // GitHub names the kind of an error beside its message, not under `extensions`.
  const told = errors?.map((error) => ({
    type: error.originalError instanceof Told ? error.originalError.type : undefined,
    path: error.path,
    locations: error.locations,
    message: error.message,
  }));
  return { ...(data !== undefined && { data }), ...(told && { errors: told }) };
}

class Told extends Error {
  readonly type: "FORBIDDEN" | "NOT_FOUND";
  constructor(type: "FORBIDDEN" | "NOT_FOUND", message: string) {
    super(message);
    this.type = type;
  }
}

function commentFor(hub: Hub, id: string): { repo: Repo; comment: Comment } {
  for (const repo of hub.repos.values()) {
    for (const comment of repo.comments.values()) if (nodeId("IC", comment.id) === id) return { repo, comment };
  }
  throw new Told("NOT_FOUND", `Could not resolve to a node with the global id of '${id}'.`);
}

function mayFold(caller: Caller, repo: Repo): void {
  try {
    authorize(caller, repo, "POST", {
      needs: ["issues:write", "pull-requests:write"],
      answer: () => ({ status: 200 }),
    });
  } catch (error) {
    if (error instanceof Refusal) throw new Told("FORBIDDEN", error.message);
    throw error;
  }
}
