/** What a pin at a service is of, and how commands print that. */

export type PinTarget =
  | { readonly kind: "tree" }
  | { readonly kind: "portal" }
  | { readonly kind: "leaf"; readonly path: string }
  /** A CID that campaign.yaml names under `extra:`. */
  | { readonly kind: "extra"; readonly name: string };

/** `/` for the tree, `portal/`, the path of a leaf, `extra:NAME`: for people, and the `path` of a pin in JSON. */
export function formatTarget(target: PinTarget): string {
  switch (target.kind) {
    case "tree":
      return "/";
    case "portal":
      return "portal/";
    case "leaf":
      return target.path;
    case "extra":
      return `extra:${target.name}`;
  }
}

/** Equal for equal targets alone: a leaf may have any path, that of another target's spelling included. */
export function targetKey(target: PinTarget): string {
  return `${target.kind} ${formatTarget(target)}`;
}
