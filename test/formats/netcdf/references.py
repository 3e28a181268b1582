"""Opens references and the files that they point into: python references.py FILE REFERENCE … prints an object, by file.

REFERENCE is a path, or an address of ipfs:// that ipfsspec reads. What is in it is opened as an item's asset says.

Of each file: the groups and variables that were compared, and every difference between what xarray reads through fsspec and
Zarr, and what it reads of the file with netCDF4. Where netCDF4 takes a value for never written by its type alone, xarray has
the value and the reference NaN.
"""
import json, os, sys, warnings
import fsspec, netCDF4, numpy as np, xarray as xr

warnings.filterwarnings("ignore")


def refs(reference):
    with fsspec.open(reference) as file:
        return json.load(file)["refs"]


def by_reference(reference, group):
    kwargs = {"engine": "zarr", "consolidated": ".zmetadata" in refs(reference), "group": group or None}
    remote = {"remote_protocol": "ipfs", "remote_options": {"asynchronous": True}} if reference.startswith("ipfs://") else {}
    options = {"fo": reference, **remote, "skip_instance_cache": True}
    return xr.open_dataset("reference://", **kwargs, decode_times=False, storage_options=options)


def unwritten_as_nan(values, mine):
    fill = netCDF4.default_fillvals.get(values.dtype.str[1:])
    if fill is None or values.shape != mine.shape or mine.dtype.kind != "f":
        return values
    return np.where((values == fill) & np.isnan(mine), np.nan, values.astype("f8"))


def same(a, b):
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "fc" or b.dtype.kind in "fc":
        # A scale_factor of float32 becomes a float64 in JSON.
        return np.allclose(a.astype("f8"), b.astype("f8"), rtol=1e-6, atol=0, equal_nan=True)
    return [str(v) for v in a.ravel()] == [str(v) for v in b.ravel()] if "O" in (a.dtype.kind, b.dtype.kind) else np.array_equal(a, b)


# What xarray takes for a property of the storage where it is netCDF's.
storage = {"least_significant_digit"}


def plain(value):
    return np.asarray(value).tolist()


def compare(path, reference, group, found):
    with xr.open_dataset(path, engine="netcdf4", group=group or None, decode_times=False) as theirs, by_reference(reference, group) as ours:
        for name, variable in theirs.variables.items():
            at = f"{group}/{name}" if group else name
            if name not in ours.variables:
                found["missing"].append(at)
                continue
            mine = ours.variables[name]
            found["variables"].append(at)
            if mine.dims != variable.dims:
                found["different"].append(f"{at}: dimensions {mine.dims}, not {variable.dims}")
            a, b = mine.values, unwritten_as_nan(variable.values, mine.values)
            if not same(a, b):
                found["different"].append(f"{at}: {a.dtype} {a.ravel()[:5]}, not {b.dtype} {b.ravel()[:5]}")
            attributes = [{k: plain(v) for k, v in x.attrs.items() if k not in storage} for x in (mine, variable)]
            if repr(attributes[0]) != repr(attributes[1]):
                found["different"].append(f"{at}: attributes {attributes[0]}, not {attributes[1]}"[:400])
        for name in ours.variables:
            if name not in theirs.variables:
                found["different"].append(f"{group}/{name}: is not in the file")
        attributes = [{k: plain(v) for k, v in x.attrs.items()} for x in (ours, theirs)]
        if repr(attributes[0]) != repr(attributes[1]):
            found["different"].append(f"attributes of {group}: {attributes[0]}, not {attributes[1]}"[:400])


result = {}
for path, reference in zip(sys.argv[1::2], sys.argv[2::2]):
    found = result[os.path.basename(path)] = {"variables": [], "missing": [], "different": []}
    for group in sorted(key[: -len(".zgroup")].rstrip("/") for key in refs(reference) if key.endswith(".zgroup")):
        compare(path, reference, group, found)
print(json.dumps(result))
