/** Flags that every verb takes, before the verb or after it. */
export const globalFlags: readonly (readonly [flags: string, help: string])[] = [
  ["--campaign <dir>", "the campaign's folder (default: the nearest ancestor with a tree.yaml)"],
  ["--json", "results as JSON lines on stdout"],
  ["--quiet", "errors alone, and the bytes that a verb such as cat prints"],
  ["--no-color", "no colour (also: NO_COLOR)"],
];
