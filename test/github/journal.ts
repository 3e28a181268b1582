/** Every request the box was asked, in order, so that a test can say how many it may take. */
export interface Entry {
  /** `rest`, `graphql`, or `git` for fetch and push. */
  readonly face: "git" | "graphql" | "rest";
  readonly method: string;
  readonly path: string;
  /** In GitHub's words: `POST /repos/{owner}/{repo}/issues`; the path where it is no operation of ours. */
  readonly route: string;
  /** Login of who asked; `undefined` for nobody. */
  readonly by: string | undefined;
  readonly token: "classic" | "fine-grained" | "none" | "workflow";
  /** 0 where no answer was given. */
  readonly status: number;
  /** Of the request's body. */
  readonly bytes: number;
}

export interface Journal {
  readonly all: readonly Entry[];
  write(entry: Entry): void;
  /** Calls of the API, REST and GraphQL: what counts against a rate limit. */
  calls(): readonly Entry[];
  /** Those that change something. */
  writes(): readonly Entry[];
  clear(): void;
  /** One line a request, for a failing test's message. */
  toString(): string;
}

export function newJournal(): Journal {
  const all: Entry[] = [];
  return {
    all,
    write: (entry) => void all.push(entry),
    calls: () => all.filter(({ face }) => face !== "git"),
    writes: () => all.filter(({ face, method }) => face !== "git" && method !== "GET"),
    clear: () => void all.splice(0),
    toString: () =>
      all.map(({ method, path, status, by }) => `${status} ${method} ${path} (${by ?? "nobody"})`).join("\n"),
  };
}
