"""What netCDF4 sees in files: python oracle.py FILE… prints an object, by file name.

Of each group attributes, dimensions and variables; of each variable type, dimensions, shape, chunks, and of its values their
number, the first, last, least and greatest, their sum, and one weighted by position, so that no two may be exchanged.
HDF5 that netCDF4 can't open is read by h5py. Numbers beyond 2^53, NaN and infinities are strings.
"""
import json, math, os, sys, warnings
import h5py, netCDF4, numpy as np

warnings.filterwarnings("ignore")


def plain(value):
    if isinstance(value, np.ndarray):
        return [plain(each) for each in value.ravel()] if value.ndim or value.dtype.fields is None else plain(value[()])
    if isinstance(value, np.void) and value.dtype.names:
        return [plain(value[name]) for name in value.dtype.names]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, h5py.Reference):
        return "reference"
    if isinstance(value, h5py.Empty):
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bytes):
        return value.decode("latin1")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def attribute(value):
    return plain(value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value)


def summary(values):
    values = np.asarray(values)
    if values.size == 0:
        return {"n": 0}
    if values.dtype.kind not in "iufb":
        return {"n": int(values.size), "values": plain(values) if values.ndim else [plain(values[()])]}
    flat = values.ravel()
    numbers = flat.astype("f8")
    finite = np.isfinite(numbers)
    weights = np.arange(flat.size) % 1009 + 1
    return {
        "n": int(flat.size),
        "first": plain(flat[0]),
        "last": plain(flat[-1]),
        "least": float(numbers[finite].min()) if finite.any() else None,
        "greatest": float(numbers[finite].max()) if finite.any() else None,
        "sum": float(numbers[finite].sum()),
        "weighted": float((np.where(finite, numbers, 0) * weights).sum()),
    }


def type_of(variable):
    if variable.dtype is str:
        return "string"
    if variable._isvlen:
        return "vlen"
    dtype = np.dtype(variable.dtype)
    return "compound" if dtype.fields else "S1" if dtype.kind == "S" else dtype.name


def group(g, path, groups):
    groups[path] = {
        "attributes": {name: attribute(g.getncattr(name)) for name in g.ncattrs()},
        "dimensions": {name: {"size": len(d), "unlimited": d.isunlimited()} for name, d in g.dimensions.items()},
        "variables": {name: described(variable) for name, variable in g.variables.items()},
    }
    for name, inner in g.groups.items():
        group(inner, f"{path}/{name}" if path else name, groups)


def described(variable):
    variable.set_auto_maskandscale(False)
    variable.set_auto_chartostring(False)
    chunks = variable.chunking()
    found = {
        "type": type_of(variable),
        "dimensions": list(variable.dimensions),
        "shape": list(variable.shape),
        "chunks": None if chunks in ("contiguous", None) else list(chunks),
        "attributes": {name: attribute(variable.getncattr(name)) for name in variable.ncattrs()},
    }
    if variable._isenum:
        found["members"] = {name: int(number) for name, number in variable.datatype.enum_dict.items()}
    try:
        found["summary"] = summary(variable[...])
    except Exception as error:
        found["error"] = str(error)
    return found


def described_hdf5(path):
    groups = {}

    def walk(g, name, above):
        groups[name] = {"attributes": {key: attribute(value) for key, value in g.attrs.items()}, "variables": {}}
        for key in g:
            if not isinstance(g.get(key, getlink=True), (h5py.HardLink, h5py.SoftLink)):
                continue
            try:
                found = g[key]
            except KeyError:
                continue
            inner = f"{name}/{key}" if name else key
            if isinstance(found, h5py.Group):
                if found.id not in above:
                    walk(found, inner, [*above, found.id])
            elif isinstance(found, h5py.Dataset):
                groups[name]["variables"][key] = {
                    "shape": list(found.shape) if found.shape is not None else None,
                    "chunks": list(found.chunks) if found.chunks else None,
                    "attributes": {k: attribute(v) for k, v in found.attrs.items()},
                    **hdf5_summary(found),
                }

    with h5py.File(path, "r") as f:
        walk(f, "", [f["/"].id])
    return groups


def hdf5_summary(dataset):
    if dataset.shape is None or dataset.dtype.kind == "O" and not h5py.check_string_dtype(dataset.dtype):
        return {}
    try:
        return {"summary": summary(dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()])}
    except Exception as error:
        return {"error": str(error)}


def file(path):
    try:
        with netCDF4.Dataset(path) as dataset:
            groups = {}
            group(dataset, "", groups)
            return {"by": "netCDF4", "model": dataset.data_model, "groups": groups}
    except Exception as error:
        try:
            return {"by": "h5py", "why": str(error), "groups": described_hdf5(path)}
        except Exception:
            return {"by": "none", "why": str(error)}


print(json.dumps({os.path.basename(path): file(path) for path in sys.argv[1:]}))
