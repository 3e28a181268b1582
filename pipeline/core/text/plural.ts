/** `plural(3, "file")` is `3 files`; `plural(1, "leaf", "leaves")` is `1 leaf`. */
export const plural = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;
