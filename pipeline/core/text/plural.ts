/** `plural(3, "file")` is `3 files`; `plural(1, "leaf", "leaves")` is `1 leaf`. */
export const plural = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** Digits in threes, with narrow blanks: `2 500`. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
