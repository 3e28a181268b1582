"""Small HDF5 files that have between them every structure that the reader knows, written by h5py.

    python files.py FOLDER
"""
import os
import sys

import h5py
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
    odd = h5py.h5t.STD_I16LE.copy()
    odd.set_precision(12)
    h5py.h5d.create(g.id, b"twelve_bits", odd, h5py.h5s.create_simple((2,)))
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
    f.create_dataset("scaleoffset", data=np.arange(100), scaleoffset=4)


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
