"""What h5py reads of HDF5 files, as one line of JSON per file, to hold our reader against.

    python oracle.py FILE...

Numbers beyond 2^53 and those that JSON lacks are strings; a value of variable length is {"vlen": [...]}, a compound an
object, a reference {"ref": address}. Values of other array types are flat.
"""
import json
import sys

import h5py
import hdf5plugin  # Its filters, for h5py to find.
import numpy as np


def plain(value):
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, (int, np.integer)):
        return int(value) if abs(int(value)) <= 2**53 else str(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else str(float(value))
    if isinstance(value, (complex, np.complexfloating)):
        return {"r": plain(value.real), "i": plain(value.imag)}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    if isinstance(value, h5py.Reference):
        return {"ref": address(value)}
    if isinstance(value, np.void) and value.dtype.names:
        return {name: one(value[name], value.dtype[name]) for name in value.dtype.names}
    if isinstance(value, np.void):
        return list(value.tobytes())
    raise TypeError(f"no JSON for {type(value)}")


current = None


def address(reference):
    return h5py.h5o.get_info(current[reference].id).addr if reference else None


def one(value, dtype):
    """A member of a compound: a value, or a flat list where it is an array."""
    if h5py.check_vlen_dtype(dtype) and not h5py.check_string_dtype(dtype):
        return {"vlen": flat(value)}
    if dtype.subdtype:
        return flat(np.asarray(value))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return plain(value)


def flat(values):
    if isinstance(values, h5py.Empty):
        return None
    if not isinstance(values, np.ndarray):
        return [plain(values)]
    if h5py.check_vlen_dtype(values.dtype) and not h5py.check_string_dtype(values.dtype):
        return [{"vlen": flat(np.asarray(each))} for each in values.ravel()]
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 4:
        return values.ravel().tolist()
    return [plain(each) for each in values.ravel()]


def dataset(d):
    said = {"shape": None if d.shape is None else list(d.shape), "attributes": attributes(d)}
    if d.shape is None:
        return said
    # With lengths of 4 bytes, "unlimited" is not what h5py expects.
    said["maxShape"] = [None if n in (None, 2**32 - 1) else n for n in d.maxshape]
    plist = d.id.get_create_plist()
    said["filters"] = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    if d.chunks:
        said["chunkShape"] = list(d.chunks)
        # HDF5 2.0 lists them at wrong indices where another dimension than the first is the only unlimited one.
        if said["maxShape"].count(None) != 1 or said["maxShape"][0] is None:
            infos = []
            d.id.chunk_iter(infos.append)
            said["chunks"] = sorted(
                [[o // c for o, c in zip(i.chunk_offset, d.chunks)], i.byte_offset, i.size, i.filter_mask] for i in infos
            )
    if plist.fill_value_defined() == h5py.h5d.FILL_VALUE_USER_DEFINED and d.dtype.kind in "iuf":
        said["fill"] = plain(d.fillvalue)
    try:
        values = d[()]
        said["values"] = flat(values if isinstance(values, (np.ndarray, h5py.Empty)) else np.asarray(values, dtype=d.dtype))
    except (OSError, TypeError) as error:
        said["unread"] = str(error)
    return said


def attributes(o):
    out = {}
    for name in o.attrs:
        id = o.attrs.get_id(name)
        try:
            value = o.attrs[name]
        except (OSError, TypeError):
            continue
        if isinstance(value, h5py.Empty):
            out[name] = {"shape": None, "values": None}
            continue
        if not isinstance(value, np.ndarray):
            value = np.array([value], dtype=id.dtype if id.dtype.kind != "O" else object)
            if h5py.check_string_dtype(id.dtype):
                value = np.array([o.attrs[name]], dtype=object)
        out[name] = {"shape": list(id.shape), "values": flat(value) if not vlen(id) else [{"vlen": flat(np.asarray(v))} for v in value.ravel()]}
    return out


def vlen(id):
    return h5py.check_vlen_dtype(id.dtype) and not h5py.check_string_dtype(id.dtype)


def group(g, path, parents, out):
    said = out[path] = {"attributes": attributes(g), "links": {}}
    for name in g:
        link = g.get(name, getlink=True)
        said["links"][name] = type(link).__name__
        try:
            found = g[name]
        except (KeyError, OSError, RuntimeError):
            continue
        if isinstance(link, h5py.ExternalLink):
            continue
        below = ("" if path == "/" else path) + "/" + name
        at = h5py.h5o.get_info(found.id).addr
        if isinstance(found, h5py.Dataset):
            out[below] = dataset(found)
        elif isinstance(found, h5py.Group) and at not in parents:
            group(found, below, [*parents, at], out)


for path in sys.argv[1:]:
    try:
        with h5py.File(path, "r") as current:
            objects = {}
            group(current, "/", [h5py.h5o.get_info(current.id).addr], objects)
            print(json.dumps({"file": path, "objects": objects}))
    except (OSError, RuntimeError) as error:
        print(json.dumps({"file": path, "error": str(error)}))
