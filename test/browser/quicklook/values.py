"""Datasets to be drawn, and their values as xarray decodes them: python values.py FOLDER [OTHER DATASETS …]

Makes one small dataset of each kind in FOLDER and prints JSON: by path, the numeric variables with dimensions and values
(times as milliseconds from 1970, missing as null).
"""
import json, sys, warnings
import numpy as np, xarray as xr

warnings.filterwarnings("ignore")
out, *others = sys.argv[1:]
rng = np.random.default_rng(20240811)
start = np.datetime64("2024-08-11T10:00:00", "ns")
n, levels = 500, 20


def cube():
    t2m = 290 + 10 * rng.standard_normal((6, 9, 13)).astype("f4")
    t2m[2, 3, 4] = np.nan
    return xr.Dataset(
        {
            "t2m": (("time", "lat", "lon"), t2m, {"units": "K", "standard_name": "air_temperature"}),
            "packed": (("lon", "time"), np.round(rng.uniform(-5, 30, (13, 6)), 2), {"units": "degC"}),
            "count": (("lat", "lon"), rng.integers(0, 1000, (9, 13), dtype="i4")),
            "land": (("lat", "lon"), rng.integers(0, 2, (9, 13)).astype(bool)),
        },
        coords={
            "time": start + np.arange(6) * np.timedelta64(6, "h"),
            "lat": ("lat", np.linspace(40, 20, 9), {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("lon", np.linspace(-30, -10, 13), {"units": "degrees_east", "standard_name": "longitude"}),
        },
        attrs={"title": "A cube"},
    )


def flight():
    at = np.arange(n)
    ta = np.linspace(300, 220, n)
    ta[100:120] = np.nan
    return xr.Dataset(
        {
            "ta": ("time", ta.astype("f4"), {"units": "K", "coordinates": "lat lon alt"}),
            "radar": (("time", "height"), rng.standard_normal((n, levels)).astype("f4"), {"units": "dBZ"}),
        },
        coords={
            "time": start + at * np.timedelta64(1, "s"),
            "lat": ("time", 10 + at / 100, {"units": "degrees_north", "standard_name": "latitude"}),
            "lon": ("time", -40 + at / 90, {"units": "degrees_east", "standard_name": "longitude"}),
            "alt": ("time", 12000.0 - at, {"units": "m", "standard_name": "altitude"}),
            "height": ("height", np.linspace(0, 15000, levels), {"units": "m", "standard_name": "height"}),
        },
        attrs={"title": "A flight"},
    )


packing = {"packed": {"dtype": "int16", "scale_factor": 0.01, "add_offset": 3.0, "_FillValue": -32768}}
for version in (2, 3):
    cube().to_zarr(f"{out}/cube-v{version}.zarr", zarr_format=version, encoding={**packing, "t2m": {"chunks": (4, 4, 5)}}, consolidated=version == 2)
    flight().to_zarr(f"{out}/flight-v{version}.zarr", zarr_format=version, encoding={v: {"chunks": (130,)} for v in ("ta", "lat", "lon", "alt", "time")} | {"radar": {"chunks": (130, 7)}})
flight().to_zarr(f"{out}/shards.zarr", zarr_format=3, encoding={"radar": {"chunks": (50, 5), "shards": (250, 20)}})
for model in ("NETCDF3_64BIT", "NETCDF4"):
    # NetCDF-3 has no booleans of its own, and xarray writes them as bytes.
    cube().to_netcdf(f"{out}/cube-{model}.nc", format=model, engine="netcdf4", encoding={**packing, "time": {"units": "hours since 2024-01-01", "dtype": "f8"}})
    zlib = {v: {"zlib": True, "chunksizes": (130,), "shuffle": True} for v in ("ta", "lat")} if model == "NETCDF4" else {}
    flight().to_netcdf(f"{out}/flight-{model}.nc", format=model, engine="netcdf4", encoding=zlib)


def plain(values):
    if values.dtype.kind == "M":
        ms = values.astype("datetime64[us]").astype("i8") / 1000
        return [None if missing else each for each, missing in zip(ms.ravel().tolist(), np.isnat(values).ravel())]
    return [None if each != each else each for each in values.astype("f8").ravel().tolist()]


def described(path):
    opened = xr.open_zarr(path, chunks=None) if path.endswith(".zarr") else xr.open_dataset(path)
    with opened:
        return {
            name: {"dimensions": v.dims, "shape": v.shape, "values": plain(v.values)}
            for name, v in opened.variables.items()
            if v.dtype.kind in "iufbM"
        }


import pathlib

paths = [*sorted(str(each) for each in pathlib.Path(out).iterdir()), *others]
print(json.dumps({path: described(path) for path in paths}))
