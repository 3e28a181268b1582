"""Small HDF5 files that have between them every structure that the reader knows, written by h5py.

    python files.py FOLDER
"""
import os
import sys

import h5py
import hdf5plugin
import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(7)


def path(name):
    return os.path.join(folder, name)


def types(f):
    g = f.create_group("types")
    for code in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]:
        for order in "<>":
            if order == ">" and code.endswith("1"):
                continue
            values = np.array([0, 1, 2, 100, 3 if code[0] == "u" else -3], order + code)
            g.create_dataset(("big_" if order == ">" else "") + code, data=values)
    g.create_dataset("extremes", data=np.array([-(2**63), 2**63 - 1, 2**53 + 1], "i8"))
    g.create_dataset("unsigned_extremes", data=np.array([2**64 - 1, 2**63], "u8"))
    g.create_dataset("not_numbers", data=np.array([np.nan, np.inf, -np.inf, 1e-300]))
    g.create_dataset("halves", data=np.array([65504, 6e-8, np.nan, -0.5], "f2"))
    g.create_dataset("bool", data=np.array([True, False]))
    g.create_dataset("complex", data=np.array([1 + 2j, 3 - 4j]))
    g.create_dataset("enum", data=np.array([0, 2], "u2"), dtype=h5py.enum_dtype({"a": 0, "b": 2}, basetype="u2"))
    g.create_dataset("texts", data=["x", "wörld", ""], dtype=h5py.string_dtype())
    g.create_dataset("ascii_texts", data=["x", "yy"], dtype=h5py.string_dtype("ascii"))
    g.create_dataset("fixed_texts", data=np.array([b"ab", b"abcde", b""]))
    g.create_dataset("utf8_fixed", data=np.array(["äö".encode()], h5py.string_dtype("utf-8", 6)))
    g.create_dataset("opaque", data=np.array([b"\x01\x02\x03", b"\x04\x05\x06"], "V3"))
    pair = np.dtype([("r", "f4"), ("i", ">i2"), ("z", "f8", (2, 2)), ("s", "S3"), ("in", np.dtype([("a", "u1"), ("b", "i8")]))])
    values = np.zeros(3, pair)
    values["r"], values["i"], values["z"], values["s"] = [1.5, 2.5, 3.5], [1, -2, 3], np.arange(12).reshape(3, 2, 2), b"ab"
    values["in"]["b"] = [2**60, 5, 6]
    g.create_dataset("compound", data=values)
    text_member = np.dtype([("name", h5py.string_dtype()), ("n", "i4")])
    g.create_dataset("texts_in_compound", data=np.array([("one", 1), ("two", 2)], text_member))
    arrays = g.create_dataset("arrays", (2,), dtype=np.dtype(("i4", (2, 3))))
    arrays[...] = np.arange(12).reshape(2, 2, 3)
    lists = g.create_dataset("lists", (3,), dtype=h5py.vlen_dtype("i4"))
    lists[0], lists[1] = [1, 2, 3], [4]
    g.create_dataset("scalar", data=3.25)
    g.create_dataset("scalar_text", data="one")
    g.create_dataset("null", data=h5py.Empty("f4"))
    g.create_dataset("no_values", data=np.zeros((0, 3)), maxshape=(None, 3))
    g.create_dataset("to_group", data=g.ref, dtype=h5py.ref_dtype)
    # With addresses of 4 bytes, h5py reads each as if it had 8.
    if f.id.get_create_plist().get_sizes()[0] == 8:
        references = g.create_dataset("references", (3,), dtype=h5py.ref_dtype)
        references[0], references[2] = g["texts"].ref, f.ref
    region = g.create_dataset("region", (1,), dtype=h5py.regionref_dtype)
    region[0] = g["extremes"].regionref[0:2]
    f["named_type"] = np.dtype("f8")
    g.create_dataset("of_named_type", data=[1.0, 2.0], dtype=f["named_type"])
    f["named_type"].attrs["about"] = "a type"
    bits = h5py.h5d.create(g.id, b"bits", h5py.h5t.STD_B16BE, h5py.h5s.create_simple((2,)))
    bits.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([0x1234, 0xFF00], ">u2"), h5py.h5t.STD_B16BE)
    vax = h5py.h5t.IEEE_F32LE.copy()
    vax.set_order(h5py.h5t.ORDER_VAX)
    h5py.h5d.create(g.id, b"vax", vax, h5py.h5s.create_simple((2,)))
    odd_float = h5py.h5t.IEEE_F32LE.copy()
    odd_float.set_fields(31, 20, 11, 0, 20)
    h5py.h5d.create(g.id, b"odd_float", odd_float, h5py.h5s.create_simple((2,)))


def attributes(f):
    g = f.create_group("attributes")
    a = g.attrs
    a["text"], a["fixed"], a["empty"], a["null"] = "héllo", np.bytes_("fix"), "", h5py.Empty("f4")
    a["number"], a["numbers"], a["matrix"] = np.int16(-7), np.arange(3.5), np.arange(6).reshape(2, 3)
    a["texts"] = ["a", "b", "ü"]
    a["reference"] = g.ref
    a.create("lists", [np.array([1, 2], "i4"), np.array([3], "i4")], (2,), h5py.vlen_dtype("i4"))
    a.create("scales", [np.array([g.ref], object), np.array([f.ref, g.ref], object)], (2,), h5py.vlen_dtype(h5py.ref_dtype))
    a["compound"] = np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")])
    many = f.create_group("many_attributes")
    for i in range(80):
        many.attrs[f"attribute {(i * 37) % 80:02d}"] = f"value {i}" * (i % 5)
    if f.libver[0] != "earliest":
        many.attrs["huge"] = np.arange(20_000, dtype="i4")
        many.attrs["large"] = np.arange(2_000, dtype="i8")


def links(f):
    g = f.create_group("links")
    g["hard"] = f["types/i4"]
    g["soft"] = h5py.SoftLink("/types/i4")
    g["relative"] = h5py.SoftLink("deep/er")
    g["soft_to_soft"] = h5py.SoftLink("/links/soft")
    g["dangling"] = h5py.SoftLink("/nowhere")
    g["circle"] = h5py.SoftLink("/links/circle")
    g["external"] = h5py.ExternalLink("other.h5", "/x")
    g["itself"] = g
    g.create_group("deep/er/still").attrs["n"] = 1
    ordered = f.create_group("ordered", track_order=True)
    for name in ["z", "a", "m"]:
        ordered.create_group(name, track_order=True)
        ordered.attrs[name] = 1
    many = f.create_group("many")
    for i in range(300):
        many.create_group(f"a group with a rather long name {(i * 7919) % 300}")


def chunks(f):
    g = f.create_group("chunks")

    def create(name, values, **how):
        return g.create_dataset(name, data=values, **how)

    square = random.normal(280, 10, (50, 60)).astype("f4")
    create("contiguous", square)
    create("never_written", None, shape=(10, 10), dtype="f4", fillvalue=5)
    create("never_written_chunked", None, shape=(7, 5), dtype=">i2", fillvalue=-7, chunks=(2, 2))
    create("single", square, chunks=(50, 60))
    create("single_deflate", square, chunks=(50, 60), compression="gzip")
    create("deflate", square, chunks=(11, 20), compression="gzip", shuffle=True)
    create("fletcher32", square, chunks=(11, 20), fletcher32=True)
    create("both", square, chunks=(11, 20), compression="gzip", shuffle=True, fletcher32=True)
    create("lzf", square, chunks=(11, 20), compression="lzf")
    create("lzf_zeros", np.zeros((50, 60)), chunks=(11, 20), compression="lzf")
    create("odd_shuffle", random.integers(0, 9, (33,)).astype("i8"), chunks=(10,), shuffle=True)
    create("growing", np.arange(1000.0), chunks=(7,), maxshape=(None,))
    create("growing_deflate", np.arange(1000.0), chunks=(7,), maxshape=(None,), compression="gzip")
    create("growing_second", np.arange(3000).reshape(20, 150), chunks=(3, 7), maxshape=(40, None))
    create("growing_both", np.arange(3000).reshape(60, 50), chunks=(3, 7), maxshape=(None, None), fletcher32=True)
    create("many_both", np.arange(3200, dtype="i2").reshape(80, 40), chunks=(1, 1), maxshape=(None, None))
    create("limited", np.arange(1000).reshape(20, 50), chunks=(3, 7), maxshape=(30, 80))
    create("many_growing", np.arange(6000, dtype="i1"), chunks=(1,), maxshape=(None,))
    create("pages", np.arange(3000, dtype="i2"), chunks=(1,))
    create("pages_deflate", np.arange(1500, dtype="i2"), chunks=(1,), compression="gzip")
    sparse = create("sparse", None, shape=(4000,), dtype="i2", chunks=(1,), fillvalue=9)
    sparse[1500], sparse[3999] = 1, 2
    if f.libver == ("v110", "v110"):
        sparse = create("sparse_growing", None, shape=(200_000,), dtype="i1", chunks=(1,), maxshape=(None,), fillvalue=9)
        sparse[0], sparse[150_000], sparse[199_999] = 1, 2, 3
    sparse = create("sparse_both", None, shape=(100, 100), dtype="i4", chunks=(10, 10), maxshape=(None, None))
    sparse[95, 5] = 3
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_chunk((3, 4))
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    implicit = h5py.h5d.create(g.id, b"implicit", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((10, 9), (10, 20)), early)
    implicit.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(90, dtype="i4").reshape(10, 9))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    small = h5py.h5d.create(g.id, b"compact", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((2, 3)), compact)
    small.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="i4").reshape(2, 3))
    smaller = create("smaller", np.arange(100), chunks=(10,), maxshape=(None,))
    smaller.resize((35,))
    masked = create("masked", None, shape=(4,), dtype="i4", chunks=(2,), compression="gzip", shuffle=True)
    masked[:] = [1, 2, 3, 4]
    masked.id.write_direct_chunk((2,), np.array([7, 8], "i4").tobytes(), filter_mask=3)
    for i in range(3):
        d = create(f"rank_{i + 4}", random.integers(0, 99, (3,) * (i + 4)), chunks=(2,) * (i + 4))


def packed(f):
    """Filters that leave out bits."""
    g = f.create_group("packed")

    def create(name, type, values, chunk, set_filters, fill=None):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk(chunk)
        if fill is not None:
            plist.set_fill_value(np.array(fill))
        set_filters(plist)
        dataset = h5py.h5d.create(g.id, name.encode(), type, h5py.h5s.create_simple(values.shape), plist)
        # HDF5 writes no chunk of a dataset that can't be packed; all here can.
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(values))

    def bits(base, precision, offset):
        type = base.copy()
        type.set_precision(precision)
        type.set_offset(offset)
        return type

    t = h5py.h5t
    nbit = lambda plist: plist.set_filter(h5py.h5z.FILTER_NBIT, 0)
    signed = np.array([0, 1, -1, 100, -2048, 2047, 7], "i2")
    create("nbit_12", bits(t.STD_I16LE, 12, 0), signed, (3,), nbit)
    create("nbit_12_big", bits(t.STD_I16BE, 12, 3), signed, (3,), nbit)
    create("nbit_unsigned", bits(t.STD_U32LE, 17, 9), np.array([0, 1, 2**17 - 1, 77], "u4"), (4,), nbit)
    create("nbit_40", bits(t.STD_I64LE, 40, 5), np.array([-(2**39), 2**39 - 1, -1, 3], "i8"), (2,), nbit)
    create("nbit_3", bits(t.STD_I8LE, 3, 2), np.array([-4, 3, 0, -1, 2], "i1"), (5,), nbit)
    create("nbit_with_all", t.STD_I32LE, np.arange(10, dtype="i4"), (5,), nbit)
    create("nbit_float", t.IEEE_F32LE, np.arange(10, dtype="f4") / 3, (5,), nbit)

    def shuffled_nbit(plist):
        nbit(plist)
        plist.set_deflate(1)
        plist.set_fletcher32()

    create("nbit_deflate", bits(t.STD_U16LE, 10, 2), random.integers(0, 1024, (9, 8)).astype("u2"), (4, 5), shuffled_nbit)
    pair = t.create(t.COMPOUND, 24)
    pair.insert(b"a", 0, bits(t.STD_I16LE, 10, 1))
    pair.insert(b"b", 4, t.IEEE_F64BE)
    pair.insert(b"c", 12, t.array_create(bits(t.STD_U16BE, 9, 0), (2, 2)))
    pair.insert(b"d", 20, t.py_create(np.dtype("S3")))
    values = np.zeros(5, np.dtype({"names": list("abcd"), "formats": ["i2", "f8", ("u2", (2, 2)), "S3"], "offsets": [0, 8, 16, 24], "itemsize": 32}))
    values["a"], values["b"], values["d"] = [-512, 511, 0, 1, -1], np.arange(5) / 7, [b"x", b"yz", b"abc", b"", b"q"]
    values["c"] = random.integers(0, 512, (5, 2, 2))
    create("nbit_compound", pair, values, (2,), nbit)
    h5py.h5d.create(g.id, b"twelve_bits", bits(t.STD_I16LE, 12, 4), h5py.h5s.create_simple((7,))).write(
        h5py.h5s.ALL, h5py.h5s.ALL, signed
    )

    def integers(digits=0):
        return lambda plist: plist.set_scaleoffset(h5py.h5z.SO_INT, digits)

    def decimals(digits):
        return lambda plist: plist.set_scaleoffset(h5py.h5z.SO_FLOAT_DSCALE, digits)

    for code in ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]:
        for order in "<>" if code[1] != "1" else "<":
            dtype = np.dtype(order + code)
            name = ("big_" if order == ">" else "") + code
            values = (np.arange(37) * 3 - (0 if code[0] == "u" else 50)).astype(dtype)
            create(f"scaled_{name}", t.py_create(dtype), values, (10,), integers())
            filled = values.copy()
            filled[[0, 5, 36]] = 99
            create(f"scaled_filled_{name}", t.py_create(dtype), filled, (10,), integers(), np.array(99, dtype.newbyteorder("=")))
            limits = np.iinfo(dtype)
            extremes = np.array([limits.min, limits.max, 0, 1], dtype)
            create(f"scaled_all_bits_{name}", t.py_create(dtype), extremes, (4,), integers())
            create(f"scaled_alike_{name}", t.py_create(dtype), np.full(9, 5, dtype), (4,), integers())
            create(f"scaled_to_all_{name}", t.py_create(dtype), values, (10,), integers(8 * dtype.itemsize))
    create("scaled_to_4", t.STD_I32LE, np.arange(16, dtype="i4") + 1000, (8,), integers(4))
    create("scaled_wide", t.STD_I64LE, np.array([-(2**60), 0, 2**60, 5], "i8"), (4,), integers())
    for code in ["f4", "f8"]:
        for order in "<>":
            for digits in [0, 3]:
                dtype = np.dtype(order + code)
                name = f"{'big_' if order == '>' else ''}{code}_{digits}"
                values = random.normal(280, 30, 53).astype(dtype)
                create(f"scaled_{name}", t.py_create(dtype), values, (20,), decimals(digits))
                values[[1, 30]] = -999
                create(f"scaled_filled_{name}", t.py_create(dtype), values, (20,), decimals(digits), np.array(-999, code))
    create("scaled_far_apart", t.IEEE_F32LE, np.array([1e30, -1e30, 3, 4], "f4"), (4,), decimals(2))


def registered(f):
    """Filters that hdf5plugin has."""
    g = f.create_group("registered")
    smooth = (np.arange(3003) // 7).astype("i4").reshape(77, 39)
    shuffles = {
        "none": hdf5plugin.Bitshuffle(cname="none"),
        "lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "zstd": hdf5plugin.Bitshuffle(cname="zstd"),
        "small_blocks": hdf5plugin.Bitshuffle(nelems=16, cname="lz4"),
    }
    for name, filters in shuffles.items():
        for dtype in ["u1", "i2", "f4", "f8"]:
            g.create_dataset(f"bitshuffle_{name}_{dtype}", data=smooth.astype(dtype), chunks=(20, 39), **filters)
    g.create_dataset("bitshuffle_few", data=smooth[0, :5], chunks=(5,), **hdf5plugin.Bitshuffle())
    g.create_dataset("bitshuffle_large", data=np.arange(200_000), chunks=(100_000,), **hdf5plugin.Bitshuffle())
    g.create_dataset("lz4", data=smooth, chunks=(20, 39), **hdf5plugin.LZ4())
    g.create_dataset("lz4_random", data=random.random(500), chunks=(500,), **hdf5plugin.LZ4())
    g.create_dataset("zstd", data=smooth, chunks=(20, 39), **hdf5plugin.Zstd())
    g.create_dataset("bzip2", data=smooth, chunks=(20, 39), **hdf5plugin.BZip2())
    for cname in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
        for shuffle in range(3):
            g.create_dataset(f"blosc_{cname}_{shuffle}", data=smooth, chunks=(20, 39), **hdf5plugin.Blosc(cname, 5, shuffle))
    g.create_dataset("blosc2", data=smooth, chunks=(20, 39), **hdf5plugin.Blosc2())
    g.create_dataset("zfp", data=smooth.astype("f4"), chunks=(20, 39), **hdf5plugin.Zfp(rate=8))


def elsewhere(f):
    layout = h5py.VirtualLayout((4,), "f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    if f.libver[0] not in ("earliest", "v108"):
        f.create_virtual_dataset("virtual", layout)
    f.create_dataset("external_files", (3,), "i4", external=[(path("raw.bin"), 0, 12)])


def everything(name, **how):
    with h5py.File(path(name), "w", **how) as f:
        f.attrs["a"] = "hello"
        for part in [types, attributes, links, chunks, elsewhere]:
            part(f)


everything("earliest.h5", libver="earliest")
everything("v108.h5", libver=("v108", "v108"))
everything("v110.h5", libver=("v110", "v110"))
everything("latest.h5", libver="latest")
everything("user_block.h5", libver="latest", userblock_size=1024)


def created(name, **settings):
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    for setting, arguments in settings.items():
        getattr(plist, "set_" + setting)(*arguments)
    with h5py.File(h5py.h5f.create(path(name).encode(), h5py.h5f.ACC_TRUNC, plist)) as f:
        types(f)
        chunks(f)


created("short_addresses.h5", sizes=(4, 4))

for name, version in [("filters_old.h5", "earliest"), ("filters_new.h5", "latest")]:
    with h5py.File(path(name), "w", libver=version) as f:
        packed(f)
        registered(f)

with h5py.File(path("tracked.h5"), "w", libver="latest", track_order=True) as f:
    for i in range(40):
        f.create_group(f"group {(i * 7) % 40}", track_order=True).attrs["n"] = i
        f.attrs[f"attribute {(i * 7) % 40}"] = i

with h5py.File(path("many_links.h5"), "w", libver="latest") as f:
    for i in range(3000):
        f[f"a link with a name of some length {i}"] = h5py.SoftLink("/" + "x" * (i % 40))

with h5py.File(path("many_variables.h5"), "w") as f:
    for i in range(1200):
        f[f"v{i}"] = h5py.SoftLink("/x")
