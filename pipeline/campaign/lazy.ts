/** Parts that are created at first use, and closed only if they were created. */

/** A part that is closed with the campaign. */
export type Opened<Part> = Part & {
  /** Closes connections. */
  readonly close: () => void;
};

/** Memoizes `make`. `get` creates the value at first use; `created` returns the value, if created, without creating it. */
export function lazy<T>(make: () => T): { readonly get: () => T; readonly created: () => T | undefined } {
  let created: T | undefined;
  return {
    get: () => {
      created ??= make();
      return created;
    },
    created: () => created,
  };
}
