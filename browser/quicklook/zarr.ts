/** What reads Zarr, in one piece that is loaded for such data alone. */
export { openZarr } from "../../pipeline/formats/zarr/open.ts";
export { isZarr } from "../../pipeline/formats/zarr/store.ts";
