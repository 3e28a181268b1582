/** Parts that are made when they are first wanted, and closed only where they were. */

/** Something to be closed with the campaign. */
export type Opened<Part> = Part & {
  /** Give up connections. */
  readonly close: () => void;
};

/** Made when it is first wanted; `made` tells what there is to close. */
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
