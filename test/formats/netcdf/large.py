"""Files of the sizes that people have, most of them holes on disk: python large.py FOLDER writes them there.

What counts is where structures lie, so values are left unwritten wherever they are not coordinates.
"""
import sys
import h5py, netCDF4, numpy as np

out = sys.argv[1]


def create(name, format="NETCDF4"):
    f = netCDF4.Dataset(f"{out}/{name}", "w", format=format)
    f.set_fill_off()
    return f


def coordinate(f, name, values, **attributes):
    v = f.createVariable(name, "f8", (name,))
    v.setncatts(attributes)
    v[:] = values


# A flight has some; each has 110 attributes and 374 kB, and all is defined before values follow, as ASPEN writes them.
for i in range(15):
    with create(f"sonde-{i:02}.nc") as f:
        for n in range(110):
            f.setncattr(f"Attribute{n:03}", f"a value of some length {n}")
        f.createDimension("time", 3900)
        time = f.createVariable("time", "f8", ("time",))
        time.units, time.standard_name = "seconds since 2024-08-11 17:33:34 UTC", "time"
        places = [f.createVariable(name, "f8", ("time",), fill_value=-999.0) for name in ("lat", "lon", "alt")]
        for v, units in zip(places, ("degrees_north", "degrees_east", "m")):
            v.units = units
        data = "pres tdry dp rh u_wind v_wind w_wind wspd wdir dz gpsalt vt reference_time".split()
        data = [f.createVariable(name, "f4", ("time",), fill_value=-999.0) for name in data]
        for v in data:
            v.units, v.coordinates = "1", "time lon lat alt"
        time[:] = np.arange(3900)[::-1] / 4
        for v in places:
            v[:] = 10 + i + np.arange(3900) / 1e5
        for v in data:
            v[:] = np.arange(3900)


def gridded(name, times, chunk):
    """Chunks are allocated and never written, which netCDF4 has no word for."""
    with h5py.File(f"{out}/{name}", "w", libver="earliest") as f:
        axes = {
            "time": (np.arange(times), "hours since 2024-01-01"),
            "lat": (np.linspace(-90, 90, 361), "degrees_north"),
            "lon": (np.arange(720) / 2, "degrees_east"),
        }
        names = {"time": "time", "lat": "latitude", "lon": "longitude"}
        for axis, (values, units) in axes.items():
            growing = dict(chunks=(512,), maxshape=(None,)) if axis == "time" else {}
            f.create_dataset(axis, data=values.astype("f8"), **growing)
            f[axis].attrs["units"], f[axis].attrs["standard_name"] = units, names[axis]
            f[axis].make_scale(axis)
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk(chunk)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((times, 361, 720))
        h5py.h5d.create(f.id, b"temp", h5py.h5t.IEEE_F32LE, space, properties)
        for i, axis in enumerate(axes):
            f["temp"].dims[i].attach_scale(f[axis])
        f["temp"].attrs["units"] = "K"


gridded("grid-66MB.nc", 64, (1, 361, 720))
gridded("grid-1GB.nc", 1000, (1, 181, 360))

# 50 GB, and what was added last behind them.
with create("grid-50GB.nc") as f:
    f.title = "50 GB"
    sizes = {"time": 12_500, "y": 1000, "x": 1000}
    for name, size in sizes.items():
        f.createDimension(name, size)
    v = f.createVariable("v", "f4", tuple(sizes), contiguous=True)
    v.units, v[12_499, 999, 999] = "K", 3.5
    f.sync()
    for name, units in {"time": "hours since 2000-01-01", "y": "m", "x": "m"}.items():
        coordinate(f, name, np.arange(sizes[name]) * 1.5, units=units)
        f.sync()
    v.late = "an attribute that was added at the end"

# Records of 1 MB: a value of time in each.
for times in (20, 1000):
    with create(f"records-{times}.nc", "NETCDF3_64BIT_OFFSET") as f:
        f.createDimension("time", None)
        f.createDimension("y", 500)
        f.createDimension("x", 500)
        v, w = f.createVariable("v", "f4", ("time", "y", "x")), f.createVariable("time", "f8", ("time",))
        w.units = "hours since 2024-01-01"
        for i in range(times):
            w[i] = i

with create("400-variables.nc") as f:
    f.createDimension("time", 100)
    coordinate(f, "time", np.arange(100), units="hours since 2024-01-01")
    for i in range(400):
        v = f.createVariable(f"v{i:03}", "f4", ("time",), zlib=True)
        v.units, v.long_name, v[:] = f"m{i}", f"variable number {i}", i
