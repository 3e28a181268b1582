/**
 * Lines of Python that make a Zarr store of a NetCDF file, the same bytes each time and so the same CID.
 *
 * Values stay as they are stored (`decode_cf=False`), chunks and codec are given rather than taken from the file's encoding,
 * metadata are consolidated, and nothing is written that depends on when or where the lines run. A chunk has at most a
 * million values: of the last dimensions as many as fit. `from`, `to`: paths.
 */
export const toZarrLines = (from: string, to: string): readonly string[] => [
  "import xarray as xr, zarr",
  "",
  "def chunks(shape, left=1_000_000):",
  "    sizes = []",
  "    for n in reversed(shape):",
  "        sizes.insert(0, max(1, min(n, left)))",
  "        left //= sizes[0]",
  "    return tuple(sizes)",
  "",
  `ds = xr.open_dataset(${JSON.stringify(from)}, decode_cf=False).drop_encoding()`,
  "codec = zarr.codecs.ZstdCodec(level=5)",
  'encoding = {n: {"chunks": chunks(v.shape), "compressors": codec} for n, v in ds.variables.items() if v.ndim}',
  `ds.to_zarr(${JSON.stringify(to)}, mode="w-", zarr_format=3, consolidated=True, encoding=encoding)`,
];
