/** Files of a portal by path, as tests look them up. */
export function byPath<Content>(
  files: Iterable<{ readonly path: string; readonly content: Content }>,
): ReadonlyMap<string, Content> {
  return new Map(Array.from(files, ({ path, content }) => [path, content]));
}
