/** Parts that are created at first use, and closed only if they were created. */

/** A part that is closed with the campaign. */
export type Opened<Part> = Part & {
  /** Closes connections. */
  readonly close: () => void;
};

/** Memoizes `make`. `get` creates the value at first use; `made` returns the value, if created, without creating it. */
export function once<T>(make: () => T): { readonly get: () => T; readonly made: () => T | undefined } {
  let made: T | undefined;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    made: () => made,
  };
}
