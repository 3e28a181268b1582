/**
 * The interface of verbs, and the arguments of a call.
 *
 * A verb's file declares its arguments, flags and help, and the function that runs it. `cli.ts` parses the command line, prints
 * failures and exits. To add a verb: write its file in `commands/`, list it in `verbs.ts`, and add a test in `test/commands/`
 * that calls the real program.
 */

import type { Campaign, CampaignStore } from "../campaign/campaign.ts";
import type { World } from "../core/world.ts";
import type { Paint } from "./print/colour.ts";

export interface Verb {
  /** Positional arguments as commander writes them: `<path...>`, `[address]`. */
  readonly args?: string;
  /** Flags as commander writes them: `["--at <path>", "where in the tree the CID goes"]`. */
  readonly flags?: readonly (readonly [flags: string, help: string, byDefault?: string])[];
  /** Paragraphs shown by `help VERB` below the summary, where there is more to know. */
  readonly about?: string;
  /** The candidates for completion of its arguments. Default: files. */
  readonly completes?: readonly ("tree" | "releases" | "files")[];
  /** One example that works, shown by `help VERB`. */
  readonly example: string;
  /** Present for a verb that a signal ends normally. */
  readonly endsBySignal?: true;
  /** Resolves to the exit code; nothing means 0. Failures are thrown. */
  run(call: Call): Promise<number | undefined>;
}

/** A verb before it is loaded: the text for `fieldtree --help`, and the function that loads it. */
export interface VerbEntry {
  readonly name: string;
  /** Its heading in the help. */
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

export interface Call {
  readonly args: readonly string[];
  /** A flag that may be repeated comes as an array where its help was declared with `...`. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly world: World;
  readonly out: Output;
  /** Asks the person at the terminal; resolves to what they type, or to `suggestion`. Absent without a terminal. */
  readonly ask?: (question: string, suggestion: string) => Promise<string>;
  /** Environment variables; secrets come from here only. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory to which relative paths on the command line refer. */
  readonly cwd: string;
  /** The campaign's folder: `--campaign DIR`, else the nearest ancestor with a tree.yaml. Throws `input` where there is none. */
  readonly folder: () => string;
  /** As `folder`, and `undefined` where no flag names one and no ancestor is one: for verbs that need none. */
  readonly folderAround: () => string | undefined;
  /** The campaign in that folder, opened; closed again by the caller of the verb. */
  readonly campaign: () => Promise<Campaign>;
  /** The same, without its readers and views: it opens in half the time. */
  readonly store: () => Promise<CampaignStore>;
}

/** Results. Everything else goes through `world.log` and `world.progress`. */
export interface Output {
  /** With `--json`: stdout is then JSON lines and nothing else. */
  readonly json: boolean;
  /** How levels are coloured in `text`. */
  readonly paint: Paint;
  /** Columns of the terminal; absent where stdout is none. */
  readonly width?: number;
  /**
   * Prints one result: `data` as a JSON line for machines, or `text` for people (nothing where it is undefined). `errors` is
   * the part of the text that is an error; `--quiet` prints only this part.
   */
  result(data: object, text?: string, errors?: string): void;
  /** Resolves when the reader of stdout has read nearly everything printed: for verbs that print very many results. */
  taken(): Promise<void>;
  /** Bytes as they are, for `cat` and `car export`, as lines of base64 for machines; waits while the reader is slow. */
  bytes(chunk: Uint8Array): Promise<void>;
}
