/**
 * Text with places in it that are known only where it is read: the gateway that serves a page, the portal that the page is in.
 *
 * ```ts
 * filled(pieces`ds = xr.open_zarr("${gateway}/ipfs/bafy…")`, { gateway: "https://ipfs.example.org" });
 * ```
 */

/** `gateway`: a URL without slash at its end. `portal`: `ipfs://CID` or `ipns://NAME`. `portalUrl`: the same, as a gateway has it. */
export type PlaceName = "gateway" | "portal" | "portalUrl";
export type Piece = string | { readonly place: PlaceName };
export type Places = Readonly<Record<PlaceName, string>>;

export const gateway = { place: "gateway" } as const;
export const portal = { place: "portal" } as const;
export const portalUrl = { place: "portalUrl" } as const;

export function pieces(
  strings: TemplateStringsArray,
  ...values: readonly (Piece | readonly Piece[])[]
): readonly Piece[] {
  return strings.flatMap((text, at) => (at === 0 ? [text] : [[values[at - 1] ?? ""].flat(), text].flat()));
}

export function filled(text: readonly Piece[], places: Places): string {
  return text.map((piece) => (typeof piece === "string" ? piece : places[piece.place])).join("");
}

export const needs = (text: readonly Piece[], place: PlaceName): boolean =>
  text.some((piece) => typeof piece !== "string" && piece.place === place);
