"""Folders of files that continue one another, and what xarray reads of them together.

python joined.py make FOLDER             makes a folder for each case in it
python joined.py compare FOLDER REFERENCE DIMENSION …   prints every difference between the reference and the files joined by xarray
"""
import glob, json, os, sys, warnings
import fsspec, netCDF4, numpy as np, xarray as xr

warnings.filterwarnings("ignore")


def file(path, start, count, *, format="NETCDF4", unlimited=True, units="seconds since 2024-08-01", attributes={}, **others):
    with netCDF4.Dataset(path, "w", format=format) as f:
        f.title, f.history, f.version = "joined", f"made of {os.path.basename(path)}", np.int32(3)
        f.createDimension("time", None if unlimited else count)
        f.createDimension("lat", 3)
        f.createDimension("lon", 4)
        steps = np.arange(start, start + count)
        time = f.createVariable("time", "f8", ("time",), **others.get("time", {}))
        time.units, time.standard_name = units, "time"
        time[:] = (3600.0 * steps)[:: others.get("direction", 1)]
        for name, values in (("lat", [10, 20, 30]), ("lon", [1, 2, 3, 4 + others.get("shift", 0)])):
            axis = f.createVariable(name, "f4", (name,))
            axis.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
            axis[:] = values
        shape = (count, 3, 4)
        values = (np.arange(np.prod(shape)) + 12 * start).reshape(shape)
        for name, type, options in others.get("variables", [("ta", "f4", {})]):
            ta = f.createVariable(name, type, ("time", "lat", "lon"), **options)
            ta.setncatts({"units": "K", **attributes})
            ta[:] = values.astype(str).astype(object) if type is str else values
        for extra in others.get("extras", []):
            extra(f, steps)


def packed(f, steps):
    v = f.createVariable("packed", "i2", ("time", "lat", "lon"), zlib=True, shuffle=True, fletcher32=True, chunksizes=(1, 3, 4), fill_value=-999)
    v.scale_factor, v.add_offset = np.float32(0.5), np.float32(100)
    v.set_auto_maskandscale(False)
    v[:] = np.where(np.arange(12).reshape(3, 4) == 5, -999, steps[:, None, None])


def flags(f, steps):
    v = f.createVariable("flag", "i8", ("time",), endian="big")
    v[:] = steps * 2**40
    crs = f.createVariable("crs", "i4", ())
    crs.grid_mapping_name = "latitude_longitude"
    crs[:] = 0


def launch(f, steps):
    """Of each file, and so of none of the dataset's dimensions."""
    f.createVariable("launch", "i4", ())[:] = steps[0]


def middle(f, steps):
    """The dimension is not the first one."""
    v = f.createVariable("spectrum", "f4", ("lat", "time"))
    v[:] = steps[None, :] + np.array([0.25, 0.5, 0.75])[:, None]


def group(f, steps):
    g = f.createGroup("radar")
    g.station = "BCO"
    v = g.createVariable("dbz", "f4", ("time", "lat"), zlib=True, chunksizes=(2, 3))
    v[:] = steps[:, None] * 1.5 + np.arange(3)


def unwritten(f, steps):
    v = f.createVariable("late", "f4", ("time", "lat"), chunksizes=(2, 3), fill_value=-1)
    if steps[0] > 0:
        v[:] = steps[:, None] + np.zeros(3)


def compound(f, steps):
    t = f.createCompoundType(np.dtype([("a", "i4"), ("b", "f4")]), "pair")
    f.createVariable("cmpd", t, ("time",))[:] = np.zeros(len(steps), t.dtype)


cases = {
    # name: options of all files, then what each has of its own.
    "days": (dict(variables=[("ta", "f4", dict(zlib=True, chunksizes=(6, 3, 4)))], extras=[packed, flags]), [(0, 24), (24, 24), (48, 24)]),
    "short-last": (dict(variables=[("ta", "f4", dict(zlib=True, chunksizes=(5, 2, 3)))]), [(0, 10), (10, 25), (35, 7)]),
    "contiguous": (dict(unlimited=False, extras=[middle]), [(0, 744), (744, 672), (1416, 720)]),
    "classic": (dict(format="NETCDF3_CLASSIC", extras=[]), [(0, 300), (300, 200), (500, 1)]),
    "classic-fixed": (dict(format="NETCDF3_64BIT_OFFSET", unlimited=False), [(0, 30), (30, 20)]),
    "unordered": (dict(), [(20, 10), (0, 10), (10, 10)]),
    "falling": (dict(direction=-1), [(0, 10), (10, 10)]),
    "texts": (dict(variables=[("name", str, {}), ("ta", "f4", {})]), [(0, 5), (5, 3)]),
    "groups": (dict(extras=[group]), [(0, 6), (6, 6)]),
    "unwritten": (dict(extras=[unwritten, compound]), [(0, 6), (6, 6)]),
    # What is no dataset together.
    "another-unit": (dict(), [(0, 5), (5, 5, dict(units="seconds since 2024-08-02"))]),
    "another-scale": (dict(attributes=dict(scale_factor=0.5)), [(0, 5), (5, 5, dict(attributes=dict(scale_factor=0.25)))]),
    "another-grid": (dict(), [(0, 5), (0, 5, dict(shift=1))]),
    "another-launch": (dict(extras=[launch]), [(0, 5), (5, 5)]),
    "another-place": (dict(), [(0, 5), (5, 5, dict(shift=1))]),
    "another-chunk": (dict(), [(0, 10, dict(variables=[("ta", "f4", dict(chunksizes=(5, 3, 4)))])), (10, 10, dict(variables=[("ta", "f4", dict(chunksizes=(2, 3, 4)))]))]),
    "another-variable": (dict(), [(0, 5), (5, 5, dict(extras=[flags]))]),
    "another-type": (dict(), [(0, 5), (5, 5, dict(variables=[("ta", "f8", {})]))]),
    "overlap": (dict(), [(0, 5), (4, 5)]),
    "half-chunks": (dict(variables=[("ta", "f4", dict(chunksizes=(512, 3, 4)))]), [(0, 20_000), (20_000, 20_000)]),
}


def make(folder):
    for name, (common, parts) in cases.items():
        os.makedirs(os.path.join(folder, name))
        for i, (start, count, *own) in enumerate(parts):
            file(os.path.join(folder, name, f"part{i}.nc"), start, count, **{**common, **(own[0] if own else {})})


def joined(paths, group, dimension):
    options = dict(engine="netcdf4", group=group or None, decode_times=False)
    parts = [xr.open_dataset(path, **options).load() for path in paths]
    order = [xr.open_dataset(path, engine="netcdf4", decode_times=False)[dimension].values for path in paths]
    sign = -1 if any(values[-1] < values[0] for values in order) else 1
    parts = [part for _, part in sorted(zip(order, parts), key=lambda pair: sign * pair[0][0])]
    return xr.concat(parts, dimension, data_vars="minimal", coords="minimal", compat="equals", join="exact", combine_attrs="drop_conflicts")


def same(a, b):
    if a.shape != b.shape:
        return False
    if a.dtype.kind in "OTU" or b.dtype.kind in "OTU":
        return [str(v) for v in a.ravel()] == [str(v) for v in b.ravel()]
    return a.dtype.kind == b.dtype.kind and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def plain(attributes):
    return repr(sorted((name, np.asarray(value).tolist()) for name, value in attributes.items()))


def compare(folder, reference, dimension):
    with open(reference) as f:
        refs = json.load(f)["refs"]
    found = {"variables": [], "missing": [], "different": []}
    for group in sorted(key[: -len(".zgroup")].rstrip("/") for key in refs if key.endswith(".zgroup")):
        theirs = joined(sorted(glob.glob(os.path.join(folder, "*.nc"))), group, dimension)
        ours = xr.open_dataset(
            "reference://",
            engine="zarr",
            consolidated=".zmetadata" in refs,
            group=group or None,
            decode_times=False,
            storage_options={"fo": reference, "skip_instance_cache": True},
        )
        if plain(ours.attrs) != plain(theirs.attrs):
            found["different"].append(f"{group}: attributes {ours.attrs}, not {theirs.attrs}")
        for name, variable in theirs.variables.items():
            if name not in ours.variables:
                found["missing"].append(name)
                continue
            found["variables"].append(name)
            mine = ours.variables[name]
            if mine.dims != variable.dims or not same(mine.values, variable.values):
                found["different"].append(f"{name}: {mine.dims} {mine.values.ravel()[:5]}, not {variable.dims} {variable.values.ravel()[:5]}")
            if plain(mine.attrs) != plain(variable.attrs):
                found["different"].append(f"{name}: attributes {mine.attrs}, not {variable.attrs}")
    return found


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    print(json.dumps({os.path.basename(folder): compare(folder, reference, dimension) for folder, reference, dimension in zip(*[iter(sys.argv[2:])] * 3)}))
