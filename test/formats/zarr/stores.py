"""Zarr stores as strangers write them: python stores.py FOLDER makes one folder a store, and prints what xarray says of each.

Every store is small and holds one difficulty. What is printed is JSON: by store, least and greatest of lat, lon and time
as xarray decodes them (times as ISO 8601), or null where xarray can't open the store or has no such variable.
"""
import json, sys, warnings
import numcodecs, numpy as np, xarray as xr, zarr

warnings.filterwarnings("ignore")
out = sys.argv[1]
north = {"standard_name": "latitude", "units": "degrees_north"}
east = {"standard_name": "longitude", "units": "degrees_east"}
second = np.timedelta64(1, "s")
start = np.datetime64("2024-08-11T10:00:00", "ns")


def track(n=3000, **attrs):
    """A way through the tropics, one position a second."""
    at = np.arange(n)
    return xr.Dataset(
        {"ta": ("time", np.linspace(300, 200, n, dtype="f4"), {"units": "K", "coordinates": "lat lon"})},
        coords={
            "time": start + at * second,
            "lat": ("time", 10 + 6 * np.sin(at / 500), north),
            "lon": ("time", -40 + 15 * np.cos(at / 800), east),
        },
        attrs={"title": "A track", "featureType": "trajectory", **attrs},
    )


def grid(lat, lon, **attrs):
    return xr.Dataset(
        {"t2m": (("lat", "lon"), np.zeros((len(lat), len(lon)), "f4"), {"units": "K"})},
        coords={"lat": ("lat", lat, north), "lon": ("lon", lon, east)},
        attrs={"title": "A grid", **attrs},
    )


def write(name, ds, version, **options):
    ds.to_zarr(f"{out}/{name}", zarr_format=version, **{"consolidated": True, **options})


for version in (2, 3):
    write(f"track-v{version}", track(), version, encoding={v: {"chunks": (1000,)} for v in ("lat", "lon", "time", "ta")})
    write(f"loose-v{version}", grid(np.arange(-5.0, 6), np.arange(10.0, 31)), version, consolidated=False)
    write(f"global-v{version}", grid(np.linspace(89.5, -89.5, 180), np.arange(0.5, 360)), version)
    write(f"scalar-v{version}", xr.Dataset({"ta": ("time", [1.0, 2.0])}, coords={"time": start + np.arange(2) * second, "lat": ((), 13.16, north), "lon": ((), -59.43, east)}), version)
    packed = grid(np.array([10.0, 10.5, 11.0]), np.array([-60.0, -59.75]))
    pack = {"dtype": "int16", "scale_factor": 0.25, "add_offset": 5.0, "_FillValue": -32768}
    write(f"packed-v{version}", packed, version, encoding={"lat": pack, "lon": pack})

# Whole flights in shards, and a time axis of which only the ends are needed.
write("sharded", track(), 3, encoding={v: {"chunks": (250,), "shards": (1000,)} for v in ("lat", "lon", "time", "ta")})
long = xr.Dataset({"p": ("time", np.zeros(5000, "f4"))}, coords={"time": start + np.arange(5000) * second})
write("long-axis", long, 2, encoding={"time": {"chunks": (100,)}, "p": {"chunks": (5000,)}})
jumbled = long.isel(time=[*range(0, 2000), *range(4000, 5000), *range(2000, 4000)])
write("jumbled-axis", jumbled, 2, encoding={"time": {"chunks": (500,)}})

# Places.
crossing = track(400)
crossing["lon"] = ("time", (((np.linspace(160, 215, 400)) + 180) % 360) - 180, east)
write("antimeridian-track", crossing, 3)
write("antimeridian-grid", grid(np.array([-20.0, -10.0]), np.array([170.0, 175.0, -180.0, -175.0])), 3)
nothing = track(100)
nothing["lat"] = ("time", np.full(100, np.nan), north)
write("all-missing", nothing, 3)
y, x = np.meshgrid(np.arange(4.0), np.arange(6.0), indexing="ij")
curved = xr.Dataset(
    {"sst": (("y", "x"), y * 0, {"coordinates": "nav_lat nav_lon", "grid_mapping": "stereo"}), "stereo": ((), 0)},
    coords={"nav_lat": (("y", "x"), 70 + y - 0.1 * x, {"units": "degrees_north"}), "nav_lon": (("y", "x"), 10 + x + 0.5 * y, {"units": "degrees_east"})},
)
for name, axis in (("y", y[:, 0] * 1000), ("x", x[0] * 1000)):
    curved[name] = (name, axis, {"standard_name": f"projection_{name}_coordinate", "units": "m"})
write("projected", curved, 3)
drifting = xr.Dataset(
    {"ta": (("sonde", "obs"), np.zeros((3, 50)))},
    coords={
        "alt": (("sonde", "obs"), np.tile(np.linspace(0, 9000, 50), (3, 1)), {"axis": "Z", "positive": "up", "units": "m"}),
        "lat": (("sonde", "obs"), np.array([[10.0], [11.0], [12.0]]) + np.linspace(0, 0.2, 50), north),
        "lon": (("sonde", "obs"), np.array([[-50.0], [-51.0], [-52.0]]) + np.linspace(0, 0.2, 50), east),
        "launch_time": ("sonde", start + np.arange(3) * 600 * second, {"standard_name": "time"}),
    },
    attrs={"featureType": "trajectoryProfile"},
)
write("sondes", drifting, 3)

# Storage, made with zarr itself where xarray would tidy up.
def raw(name, version=2):
    return zarr.open_group(f"{out}/{name}", mode="w", zarr_format=version)


def put(group, name, data, dims, attrs=None, **options):
    data = np.asarray(data)
    if group.metadata.zarr_format == 3:
        options["dimension_names"] = dims
    array = group.create_array(name, shape=data.shape, dtype=options.pop("dtype", data.dtype), **{"chunks": data.shape or (), **options})
    array[...] = data
    array.attrs.update(attrs or {})
    if group.metadata.zarr_format == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = dims


for version in (2, 3):
    g = raw(f"datetime64-v{version}", version)
    put(g, "time", np.array(["2020-01-01T00:00:00.123456189", "NaT", "2020-03-01"], "M8[ns]"), ["time"], {"axis": "T"})
    g = raw(f"half-v{version}", version)
    put(g, "lat", np.array([1.5, 2.5], "f2"), ["site"], north)
    put(g, "lon", np.array([-3.5, -4.5], "f2"), ["site"], east)
    g = raw(f"groups-v{version}", version)
    g.attrs["title"] = "A tree of groups"
    put(g, "time", np.arange(4), ["time"], {"units": "hours since 2024-01-01"})
    for name, size in (("radar", 4), ("lidar", 7)):
        inner = g.create_group(name)
        if size != 4:
            put(inner, "time", np.arange(size), ["time"], {"units": "minutes since 2024-01-01"})
        put(inner, "range", np.arange(3) * 30.0, ["range"], {"units": "m", "positive": "up"})
        put(inner.create_group("deep"), "ze", np.zeros((size, 3)), ["time", "range"], {"units": "dBZ"})
    g = raw(f"strings-v{version}", version)
    put(g, "station", np.array(["Mindelo", "Praia", "Ragged Point"]), ["station"])
    put(g, "lat", [16.9, 14.9, 13.2], ["station"], north)
    put(g, "lon", [-25.0, -23.5, -59.4], ["station"], east)

g = raw("fortran")
put(g, "lat", np.array([[10, 11, 12], [20, 21, 22]], ">f8"), ["y", "x"], north, order="F", chunks=(2, 2))
put(g, "lon", np.array([[1, 2, 3], [4, 5, 7]], ">i4"), ["y", "x"], east, order="F", chunks=(1, 3))
g = raw("flags")
put(g, "lat", [-999.0, 12.5, 13.5, -888.0, np.nan], ["obs"], {**north, "missing_value": [-999.0, -888.0]}, fill_value=None)
put(g, "lon", [-50.0, -51.0, 400000.0, -49.0, -888.0], ["obs"], {**east, "missing_value": [-999.0, -888.0], "valid_range": [-180.0, 180.0]}, fill_value=None)
g = raw("360-day")
put(g, "time", [0.25, 59.5, 60.0], ["time"], {"units": "days since 2000-01-01", "calendar": "360_day"})
g = raw("codecs")
for name, values, attrs, options in (
    ("lat", [10.0, 11.25, 12.5], north, {"filters": [numcodecs.FixedScaleOffset(offset=10, scale=100, dtype="<f8", astype="<i2")], "compressors": numcodecs.Zlib(4), "fill_value": np.nan}),
    ("lon", [-50.0, -51.0, -52.0], east, {"filters": [numcodecs.Quantize(3, "<f8")], "compressors": numcodecs.LZ4()}),
    ("time", np.array([0, 60, 120]), {"units": "seconds since 2024-08-11"}, {"filters": [numcodecs.Delta("<i8")], "compressors": numcodecs.GZip(), "fill_value": None}),
):
    put(g, name, values, ["time"], attrs, **options)
g = raw("unknown-codec")
put(g, "lat", [10.0, 11.0], ["time"], north, compressors=numcodecs.BZ2())
with open(f"{out}/unknown-codec/lat/.zarray", "r+") as file:
    document = json.load(file)
    file.seek(0)
    json.dump({**document, "compressor": {"id": "of-one-laboratory"}}, file)
    file.truncate()
put(g, "lon", [10.0, 11.0], ["time"], east)
put(g, "spectrum", np.array([1 + 2j]), ["f"])
g = raw("slashes")
put(g, "lat", np.arange(6.0).reshape(2, 3), ["y", "x"], north, chunks=(1, 2), chunk_key_encoding={"name": "v2", "separator": "/"}, fill_value=None)
put(g, "lon", np.arange(6.0).reshape(2, 3), ["y", "x"], east, chunks=(1, 2), chunk_key_encoding={"name": "v2", "separator": "/"}, fill_value=None)
for name in ("datetime64-v2", "half-v2", "groups-v2", "groups-v3", "strings-v2", "fortran", "flags", "360-day", "codecs", "slashes"):
    zarr.consolidate_metadata(f"{out}/{name}")

import os


def extremes(ds, names):
    for name in names:
        if name in ds.variables and ds[name].size and ds[name].dtype.kind in "iufM":
            values = ds[name].values
            if values.dtype.kind == "M":
                kept = values[~np.isnat(values)]
                return [str(f(kept).astype("M8[us]")) + "Z" for f in (np.min, np.max)] if kept.size else None
            kept = values[~np.isnan(values.astype("f8"))]
            return [float(f(kept)) for f in (np.min, np.max)] if kept.size else None


said = {}
for name in sorted(os.listdir(out)):
    try:
        with xr.open_zarr(f"{out}/{name}", consolidated=None) as ds:
            said[name] = {"lat": extremes(ds, ["lat", "nav_lat"]), "lon": extremes(ds, ["lon", "nav_lon"]), "time": extremes(ds, ["time", "launch_time"])}
    except Exception as error:
        said[name] = {"error": str(error)[:200]}
print(json.dumps(said))
