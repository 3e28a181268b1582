"""NetCDF and HDF5 files, each small and with one difficulty: python files.py FOLDER writes them there.

Everything is deterministic but the dates that HDF5 writes. What is in them, `oracle.py` tells.
"""
import sys
import h5py, netCDF4, numpy as np

out = sys.argv[1]
random = np.random.default_rng(1)


def create(name, format="NETCDF4"):
    return netCDF4.Dataset(f"{out}/{name}", "w", format=format)


def grid(name, format="NETCDF4", unlimited=True, times=5, **storage):
    """What a model writes: coordinates, floats, packed integers, a grid mapping, flags, attributes of several types."""
    with create(name, format) as f:
        f.title, f.Conventions = "grid äöü", "CF-1.8"
        f.count, f.list, f.one = np.int32(7), np.array([1.5, 2.5, 3.5]), np.float32(0.1)
        if format == "NETCDF4":
            f.texts, f.long, f.byte = ["a", "b", "ü"], np.int64(2**53 + 1), np.uint8(200)
        f.createDimension("time", None if unlimited else times)
        f.createDimension("lat", 20)
        f.createDimension("lon", 30)
        time = f.createVariable("time", "f8", ("time",))
        time.units, time.calendar, time.standard_name = "days since 2000-01-01", "standard", "time"
        lat = f.createVariable("lat", "f4", ("lat",))
        lat.units, lat[:] = "degrees_north", np.linspace(-90, 90, 20)
        lon = f.createVariable("lon", "f4", ("lon",))
        lon.units, lon[:] = "degrees_east", np.linspace(0, 360, 30, endpoint=False)
        temperature = f.createVariable("ta", "f4", ("time", "lat", "lon"), fill_value=-9999.0, **storage)
        temperature.units, temperature.long_name = "K", "air temperature"
        packed = f.createVariable("packed", "i2", ("time", "lat", "lon"), fill_value=-32768, **storage)
        packed.scale_factor, packed.add_offset = 0.01, 273.15
        crs = f.createVariable("crs", "i4")
        crs.grid_mapping_name, crs[...] = "latitude_longitude", 5
        flag = f.createVariable("flag", "i1", ("lat",))
        flag.flag_values, flag[:] = np.array([0, 1, 2], "i1"), np.arange(20) % 3
        for i in range(times):
            # Smooth, for Blosc fails on what it can't make smaller.
            values = (270 + i + np.add.outer(np.arange(20), np.arange(30)) // 5).astype("f4")
            time[i], packed[i] = i, np.clip(values, 250, 300)
            values[0, 0] = np.nan if i == 0 else -9999.0
            temperature[i] = values


deflate = dict(zlib=True, complevel=1, shuffle=True)
grid("grid.nc", **deflate)
grid("grid-classic-model.nc", "NETCDF4_CLASSIC", **deflate)
grid("grid-cdf1.nc", "NETCDF3_CLASSIC")
grid("grid-cdf2.nc", "NETCDF3_64BIT_OFFSET")
grid("grid-cdf5.nc", "NETCDF3_64BIT_DATA")
grid("grid-cdf1-fixed.nc", "NETCDF3_CLASSIC", unlimited=False)
grid("grid-contiguous.nc", unlimited=False)
grid("grid-fletcher32.nc", fletcher32=True, **deflate)
grid("grid-zstd.nc", compression="zstd")
grid("grid-blosc-lz4.nc", compression="blosc_lz4")
grid("grid-blosc-zstd.nc", compression="blosc_zstd")
grid("grid-bzip2.nc", compression="bzip2")
grid("grid-szip.nc", compression="szip")
grid("grid-quantized.nc", least_significant_digit=2, **deflate)
grid("grid-small-chunks.nc", chunksizes=(2, 3, 4), **deflate)
grid("grid-big-endian.nc", endian="big", **deflate)

# One variable along the unlimited dimension has no padding between records, two have; 3 bytes and 3 shorts need it.
for name, types in {"one-record-variable": ["i1"], "one-short-record-variable": ["i2"], "padded-records": ["i1", "i2"]}.items():
    for version, format in {1: "NETCDF3_CLASSIC", 2: "NETCDF3_64BIT_OFFSET", 5: "NETCDF3_64BIT_DATA"}.items():
        if version == 1 or name == "padded-records":
            with create(f"{name}-cdf{version}.nc", format) as f:
                f.createDimension("t", None)
                f.createDimension("x", 3)
                for type in types:
                    variable = f.createVariable(f"v_{type}", type, ("t", "x"))
                    variable[0:7] = np.arange(21).reshape(7, 3)

# Every type that CDF-5 has; texts; a value alone; values never written; attributes of every type.
for name, format, types in [
    ("types-cdf1.nc", "NETCDF3_CLASSIC", "i1 i2 i4 f4 f8"),
    ("types-cdf5.nc", "NETCDF3_64BIT_DATA", "i1 u1 i2 u2 i4 u4 i8 u8 f4 f8"),
]:
    with create(name, format) as f:
        f.createDimension("n", 3)
        f.createDimension("length", 8)
        f.createDimension("t", None)
        for type in types.split():
            variable = f.createVariable(f"v_{type}", type, ("n",))
            variable[:] = [0, 1, 2 if type[0] == "u" else -2]
            variable.one, variable.list = np.dtype(type).type(7), np.array([1, 2, 3], type)
            f.createVariable(f"unwritten_{type}", type, ("n",))
            f.createVariable(f"filled_{type}", type, ("n",), fill_value=np.dtype(type).type(9))
        text = f.createVariable("text", "S1", ("n", "length"))
        text[:] = netCDF4.stringtochar(np.array(["abc", "defgh", ""], "S8"))
        text.empty, text.none = "", np.array([], "i4")
        f.createVariable("scalar", "f8")[...] = 3.25
        f.createVariable("no_records", "f4", ("t",)).units = "m"

# Names and texts that are no ASCII.
with create("names-cdf1.nc", "NETCDF3_CLASSIC") as f:
    f.createDimension("größe", 2)
    f.createVariable("wärme °C", "i4", ("größe",))[:] = [1, 2]
    f.setncattr("bemerkung ü", "Grüße")

with create("groups.nc") as f:
    f.createDimension("x", 4)
    f.createDimension("time", None)
    a = f.createGroup("a")
    b = a.createGroup("b")
    b.createDimension("y", 3)
    b.createDimension("x", 2)  # Another one than the root's.
    b.note = "deep"
    b.createVariable("v", "f8", ("x", "y"))[:] = np.arange(6).reshape(2, 3)
    a.createVariable("x", "i4", ("x",))[:] = [1, 2, 3, 4]
    b.createVariable("y", "f4", ("y",))[:] = [9, 8, 7]
    a.createVariable("w", "f4", ("time", "x"))[0:3] = 1.0
    f.createGroup("empty").comment = "nothing in it"

with create("types.nc") as f:
    f.createDimension("n", 3)
    f.createDimension("u", None)
    f.createDimension("length", 8)
    f.createVariable("s", str, ("n",))[:] = np.array(["hello", "wörld", ""], dtype=object)
    enum = f.createEnumType("u1", "cloud_t", {"clear": 0, "cumulus": 1, "missing": 255})
    f.createVariable("e", enum, ("n",), fill_value=255)[:] = [0, 1, 255]
    compound = f.createCompoundType(np.dtype([("r", "f4"), ("i", "i2"), ("z", "f8", (2,))]), "cmp")
    f.createVariable("cmpd", compound, ("n",))[:] = np.array(
        [(1.5, 2, (1, 2)), (2.5, 3, (3, 4)), (3.5, 4, (5, 6))], dtype=compound.dtype
    )
    vlen = f.createVariable("vlen", f.createVLType("i4", "vl"), ("n",))
    vlen[0], vlen[1] = np.array([1, 2, 3], "i4"), np.array([4], "i4")
    f.createVariable("scalar", "f8")[...] = 3.25
    f.createVariable("scalar_text", str, ())[...] = "one"
    f.createVariable("no_values", "f4", ("u",)).units = "m"
    f.createVariable("u", "f8", ("u",)).units = "s"
    f.createVariable("text", "S1", ("n", "length"))[:] = netCDF4.stringtochar(np.array(["abc", "defgh", ""], "S8"))
    for type in "i1 u1 i2 u2 i4 u4 i8 u8 f4 f8".split():
        f.createVariable(f"v_{type}", type, ("n",))[:] = [0, 1, 2 if type[0] == "u" else -2]
    f.createVariable("big_endian", ">f8", ("n",), endian="big")[:] = [1.25, 2.5, 3.75]
    f.createVariable("unwritten", "f4", ("n",))
    f.createVariable("unwritten_chunks", "i2", ("n",), fill_value=-7, zlib=True)
    f.createVariable("huge", "u8", ("n",))[:] = np.array([2**64 - 2, 2**63, 5], "u8")
    many = f.createVariable("many", "f4", ("n",))
    many[:] = 1
    for i in range(60):
        many.setncattr(f"attribute_{i:02}", f"value {i}")
    f.empty, f.long, f.none = "", "x" * 60_000, np.array([], "f4")

# A coordinate variable of two dimensions, dimensions without a variable, one twice, a variable called as a dimension it lacks.
with create("dimensions.nc") as f:
    for name, size in {"y": 4, "x": 5, "only": 6, "n": 4}.items():
        f.createDimension(name, size)
    for name, units in {"lat": "degrees_north", "lon": "degrees_east"}.items():
        variable = f.createVariable(name, "f8", ("y", "x"))
        variable.units, variable[:] = units, random.random((4, 5))
    f.createVariable("square", "f4", ("n", "n"))[:] = 1
    f.createVariable("y", "f4", ("y", "x"))[:] = 2
    f.createVariable("x", "f4", ("y",))[:] = 3
    f.renameDimension("only", "renamed")

# Of an unlimited dimension, variables store as much as was written to them.
with create("short.nc") as f:
    f.createDimension("t", None)
    f.createDimension("x", 3)
    f.createVariable("a", "f4", ("t",))[:] = np.arange(10)
    f.createVariable("b", "i2", ("t", "x"), fill_value=-5)[0:4] = 2
    f.createVariable("c", "f8", ("t",)).units = "m"
    f.createVariable("s", str, ("t",))[0:2] = np.array(["p", "q"], dtype=object)
    f.createGroup("g").createVariable("d", "f4", ("t",))[0:12] = 1.0

# Two unlimited dimensions: netCDF indexes chunks by a B-tree.
with create("two-unlimited.nc") as f:
    f.createDimension("t", None)
    f.createDimension("u", None)
    f.createVariable("v", "i4", ("t", "u"), chunksizes=(2, 2))[0:5, 0:3] = np.arange(15).reshape(5, 3)
    f.createVariable("w", "i4", ("t",))[0:2] = [1, 2]

with create("many-variables.nc") as f:
    f.createDimension("t", 10)
    for i in range(60):
        variable = f.createVariable(f"v{i:03}", "f4", ("t",), zlib=True)
        variable.units, variable.long_name, variable[:] = f"m{i}", f"variable number {i}", i

# What real dropsondes have: -999 in places that were not known, latitude as axis X, time that runs backwards, " UTC".
for format, name in [("NETCDF4", "sonde.nc"), ("NETCDF3_CLASSIC", "sonde-cdf1.nc")]:
    with create(name, format) as f:
        f.featureType, f.SondeId = "trajectory", "123"
        f.createDimension("time", 300)
        f.createDimension("obs", 1)
        f.createVariable("trajectory", "S1").cf_role = "trajectory_id"
        for variable, units, standard, axis, values in [
            ("time", "seconds since 2024-08-11 17:33:34 UTC", "time", "T", np.arange(300.0)[::-1]),
            ("lat", "degrees_north", "latitude", "X", 11 + np.arange(300) / 1000),
            ("lon", "degrees_east", "longitude", "Y", -24.5 + np.arange(300) / 1000),
            ("alt", "m", "altitude", "Z", np.arange(300.0)),
        ]:
            fill = None if variable == "time" else -999.0
            v = f.createVariable(variable, "f8", ("time",), fill_value=fill)
            values = np.array(values)
            if fill:
                values[[0, 7, 299]] = fill
                v.missing_value = fill
            v.units, v.standard_name, v.axis, v[:] = units, standard, axis, values
        f.createVariable("tdry", "f4", ("time",), fill_value=-999.0).coordinates = "time lon lat alt"

# Names of stations, as characters and as texts.
with create("stations.nc") as f:
    f.createDimension("station", 3)
    f.createDimension("length", 10)
    for name, units, values in [("lat", "degrees_north", [10, 11, 12]), ("lon", "degrees_east", [1, 2, 3])]:
        v = f.createVariable(name, "f4", ("station",))
        v.units, v[:] = units, values
    v = f.createVariable("station", "S1", ("station", "length"))
    v.cf_role, v[:] = "timeseries_id", netCDF4.stringtochar(np.array(["Sal", "Mindelo", "Praia"], "S10"))
    f.createVariable("label", str, ("station",))[:] = np.array(["São", "b", "c"], dtype=object)

# Time appended value by value, each in a chunk of its own.
with create("appended.nc") as f:
    f.createDimension("time", None)
    time = f.createVariable("time", "f8", ("time",), chunksizes=(1,))
    time.units = "hours since 2020-01-01"
    for i in range(300):
        time[i] = i

# What HDF5 holds in its four file formats, and netCDF never writes.
for low, name in [("earliest", "old"), ("v108", "v108"), ("v110", "v110"), ("latest", "new")]:
    with h5py.File(f"{out}/hdf5-{name}.h5", "w", libver=(low, "latest")) as f:
        f.attrs["text"], f.attrs["list"], f.attrs["fixed"] = "hello", np.arange(3), np.bytes_("fix")
        data = f.create_group("HDFEOS/GRIDS/G/Data Fields").create_dataset(
            "ta", data=random.random((20, 30)).astype("f4"), chunks=(7, 10), compression="gzip", shuffle=True
        )
        data.attrs["units"] = "K"
        f["Latitude"] = np.linspace(-90, 90, 20)
        f["Longitude"] = np.linspace(-180, 180, 30).astype("f4")
        f.create_dataset("extensible", data=np.arange(300.0), chunks=(7,), maxshape=(None,))
        f.create_dataset("extensible2", data=np.arange(200.0).reshape(10, 20), chunks=(3, 7), maxshape=(None, None), fletcher32=True)
        f.create_dataset("single_chunk", data=np.arange(100.0), chunks=(100,), compression="gzip")
        f.create_dataset("texts", data=["x", "yy"], dtype=h5py.string_dtype())
        f["bools"] = np.array([True, False])
        f["half"] = np.arange(4, dtype="f2")
        f["compact"] = np.arange(3)
        f.create_dataset("empty", data=h5py.Empty("f4"))
        f.create_dataset("unwritten", shape=(10, 10), dtype="f4", fillvalue=5, chunks=(5, 5))
        f["soft"], f["dangling"], f["elsewhere"] = h5py.SoftLink("/Latitude"), h5py.SoftLink("/no"), h5py.ExternalLink("a.h5", "/x")
        f.create_dataset("reference", data=f["Latitude"].ref, dtype=h5py.ref_dtype)
        loop = f.create_group("loop")
        loop["itself"] = loop

# Without dimensions: netCDF makes some of lengths, one for each length that a dataset has, and one more for each that it has twice.
with h5py.File(f"{out}/plain.h5", "w", libver="earliest") as f:
    f.attrs["title"] = "no dimensions"
    f["a"], f["b"] = np.arange(6.0).reshape(2, 3), np.arange(3)
    f["square"], f["cube"] = np.arange(9).reshape(3, 3), np.zeros((2, 2, 2))
    f.create_dataset("growing", data=np.arange(3), chunks=(2,), maxshape=(None,))
    inner = f.create_group("inner")
    inner["c"], inner["d"] = np.arange(3), np.arange(4)
    f["text"] = np.array([b"ab", b"cde"], dtype="S3")
    f["one"] = 1.5

# Dimension scales attached by h5py, one in a group around, and a user block before everything.
with h5py.File(f"{out}/scales.h5", "w", userblock_size=1024) as f:
    f["lat"], f["lon"] = np.array([10.0, 11.0, 12.0]), np.array([-50.0, -49.0])
    f["lat"].attrs["units"], f["lon"].attrs["units"] = "degrees_north", "degrees_east"
    for name in ("lat", "lon"):
        f[name].make_scale(name)
    data = f.create_group("g").create_dataset("t2m", data=np.arange(6.0).reshape(3, 2))
    data.dims[0].attach_scale(f["lat"])
    data.dims[1].attach_scale(f["lon"])

# Parts of other datasets, and files of other names: named, never read.
with h5py.File(f"{out}/virtual.h5", "w") as f:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    f.create_virtual_dataset("virtual", layout)
    f["own"] = np.arange(4.0)
    f.create_dataset("external", shape=(4,), dtype="f8", external=[("other.bin", 0, 32)])

# Files that are cut, and names that lie.
for source, cuts in {
    "grid.nc": [200, -100],
    "grid-cdf1.nc": [100, 200, -1000, -2],
    "grid-cdf1-fixed.nc": [-300],
}.items():
    data = open(f"{out}/{source}", "rb").read()
    for cut in cuts:
        open(f"{out}/cut{cut}-{source}", "wb").write(data[:cut])
data = bytearray(open(f"{out}/grid-cdf1.nc", "rb").read())
data[4:8] = b"\x00\x00\x10\x00"
open(f"{out}/too-many-records-cdf1.nc", "wb").write(data)
data[4:8] = b"\xff\xff\xff\xff"
open(f"{out}/streamed-cdf1.nc", "wb").write(data)
open(f"{out}/lies.csv", "wb").write(open(f"{out}/grid.nc", "rb").read())
open(f"{out}/lies.h5", "wb").write(open(f"{out}/grid-cdf1.nc", "rb").read())
