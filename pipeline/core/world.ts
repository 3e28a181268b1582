/**
 * The outside world, passed in.
 *
 * Anything that makes two runs differ arrives through here: the network, the
 * clock, the log, the signal to stop. A function that takes a `World` does I/O; a
 * function that doesn't is pure, which distinguishes them.
 */
export interface World {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => Date;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when the run is to stop. */
  readonly sleep: (ms: number) => Promise<void>;
  /** A sentence for the person who watches the run. Results never go here. */
  readonly log: (line: string) => void;
  /** How far long work has come. Call it at any rate: the receiver limits how often it prints. */
  readonly progress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface Progress {
  /** What is being done, as a participle: "adding", "scanning". Rate and time left are worked out per task. */
  readonly task: string;
  readonly done: number;
  /** Absent while it isn't known; then no time left is claimed. */
  readonly total?: number;
  readonly unit: "bytes" | "blocks" | "datasets" | "leaves" | "files" | "pins" | "servers" | "releases";
}
