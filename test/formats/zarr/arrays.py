"""One array for each way in which Zarr stores bytes: python arrays.py FOLDER makes v2.zarr and v3.zarr there.

Prints, as JSON, by version and array, the values that zarr-python reads back: numbers, texts, and null for NaN and NaT.
64-bit integers are printed as texts, since JSON in JavaScript has no room for them.
"""
import itertools, json, sys, warnings
import numcodecs as nc, numpy as np, zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec
from zarr.codecs import numcodecs as v3

warnings.filterwarnings("ignore")
out = sys.argv[1]
n = 300
halves = np.arange(n) / 2 - 20
noise = np.random.default_rng(1).random(n)
grid = (np.arange(7 * 5) * 1.5).reshape(7, 5)
labels = np.array([f"Station {i % 7} é{'日本😀'[i % 3]}" * (i % 4) for i in range(n)])
ascii = np.array([f"HALO-{i:03d}" for i in range(n)])
times = np.datetime64("2024-08-11T10:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
integers = np.arange(n) - 20
objects = zarr.core.dtype.VariableLengthUTF8()
groups = {2: zarr.open_group(f"{out}/v2.zarr", mode="w", zarr_format=2), 3: zarr.open_group(f"{out}/v3.zarr", mode="w", zarr_format=3)}


def put(version, name, data, **options):
    data = np.asarray(data)
    options = {"chunks": tuple(max(1, s // 2 + 1) for s in data.shape), "compressors": None, "filters": None, "dtype": data.dtype, **options}
    if data.dtype.kind in "O":
        options.pop("filters")
    skip = options.pop("skip", False)
    name = name.replace("/", "-")
    array = groups[version].create_array(name, shape=data.shape, **{k: v for k, v in options.items() if v is not None or k == "fill_value" or k == "compressors"})
    try:
        if not skip:
            array[...] = data
    except Exception as error:
        # What these releases can't write, nobody has.
        print(f"v{version} {name}: {error}", file=sys.stderr)
        del groups[version][name]


blosc = [dict(cname=c, shuffle=s, clevel=5) for c in ("blosclz", "lz4", "lz4hc", "zlib", "zstd") for s in (0, 1, 2)]
for i, config in enumerate([*blosc, dict(cname="lz4", shuffle=1, clevel=0), dict(cname="lz4", shuffle=1, clevel=9, blocksize=512)]):
    for kind, data in (("halves", halves), ("noise", noise), ("f4", halves.astype("f4")), ("i2", integers.astype("i2")), ("long", np.repeat(halves, 40)), ("text", ascii)):
        put(2, f"blosc {i} {config['cname']} {config['shuffle']} {kind}", data, compressors=nc.Blosc(**config))
shuffles = ["noshuffle", "shuffle", "bitshuffle"]
for config in blosc:
    put(3, f"blosc {config['cname']} {config['shuffle']}", halves, compressors=BloscCodec(cname=config["cname"], clevel=5, shuffle=shuffles[config["shuffle"]], typesize=8))

for name, codec in dict(zlib=nc.Zlib(3), gzip=nc.GZip(3), bz2=nc.BZ2(), lzma=nc.LZMA(), lz4=nc.LZ4(), zstd=nc.Zstd(3), zstd_checksum=nc.Zstd(3, checksum=True), lzma9=nc.LZMA(preset=9), base64=nc.Base64()).items():
    for kind, data in (("halves", halves), ("noise", noise), ("long", np.repeat(noise, 30)), ("text", ascii)):
        put(2, f"{name} {kind}", data, compressors=codec)
for name, codec in dict(fletcher32=nc.Fletcher32(), crc32=nc.CRC32(), crc32_end=nc.CRC32(location="end"), adler32=nc.Adler32(), crc32c=nc.CRC32C(), crc32c_start=nc.CRC32C(location="start"), jenkins=nc.JenkinsLookup3(), jenkins7=nc.JenkinsLookup3(initval=7), shuffle=nc.Shuffle(8)).items():
    put(2, f"checksum {name}", halves, filters=[codec])
    put(2, f"checksum {name} compressed", noise, filters=[codec], compressors=nc.Zlib())
    if name != "shuffle":
        put(2, f"checksum {name} odd", np.frombuffer(b"HALO 2024" * 11, "u1"), filters=[codec], chunks=(99,))
for name, codec, data in (
    ("delta f8", nc.Delta("<f8"), halves), ("delta f8 f4", nc.Delta("<f8", "<f4"), halves), ("delta f4", nc.Delta("<f4"), noise.astype("f4")), ("delta i4 i1", nc.Delta("<i4", "<i1"), integers.astype("i4") % 50),
    ("delta i8 i2", nc.Delta("<i8", "<i2"), integers), ("delta u2", nc.Delta("<u2"), (integers * 200).astype("u2")), ("delta big", nc.Delta(">i4", ">i2"), integers.astype(">i4")), ("delta f8 i4", nc.Delta("<f8", "<i4"), np.arange(n) * 1.0),
    ("scale i2", nc.FixedScaleOffset(offset=10, scale=100, dtype="<f8", astype="<i2"), halves), ("scale u1 f4", nc.FixedScaleOffset(offset=-20, scale=1, dtype="<f4", astype="<u1"), (np.arange(n) % 200 - 20).astype("f4")),
    ("scale f4", nc.FixedScaleOffset(offset=0.1, scale=3.3, dtype="<f4"), noise.astype("f4")), ("scale f4 f8", nc.FixedScaleOffset(offset=0.1, scale=3.3, dtype="<f8", astype="<f4"), noise), ("scale i4", nc.FixedScaleOffset(offset=1000, scale=1, dtype="<i4", astype="<i2"), integers.astype("i4") + 1000),
    ("quantize", nc.Quantize(digits=1, dtype="<f8"), noise), ("quantize f4", nc.Quantize(digits=2, dtype="<f8", astype="<f4"), noise), ("bitround", nc.BitRound(6), noise), ("bitround f4", nc.BitRound(3), noise.astype("f4")),
    ("astype f4", nc.AsType("<f4", "<f8"), noise), ("astype i2", nc.AsType("<i2", "<f8"), halves * 2), ("astype i8 u4", nc.AsType("<u4", "<i8"), integers + 20), ("astype i4 i8", nc.AsType("<i8", "<i4"), integers.astype("i4")), ("astype f8 i4", nc.AsType("<f8", "<i4"), integers.astype("i4")),
    ("packbits", nc.PackBits(), np.arange(n) % 3 == 0),
):
    put(2, f"filter {name}", data, filters=[codec])
    put(2, f"filter {name} zlib", data, filters=[codec], compressors=nc.Zlib(1))
put(2, "filters delta shuffle crc32", integers, filters=[nc.Delta("<i8", "<i4"), nc.Shuffle(4), nc.CRC32()], compressors=nc.Blosc())

types = [f"{o}{t}" for t in ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8") for o in "<>"]
for t in types:
    put(2, f"type {t}", (integers % 100).astype(t), compressors=nc.Zlib(1))
    put(3, f"type {t}", (integers % 100).astype(t[1:]), serializer=BytesCodec(endian="big" if t[0] == ">" else "little"), compressors=ZstdCodec())
for version in (2, 3):
    put(version, "bool", integers % 3 == 0)
    put(version, "half", np.array([0.1, -0.0, np.inf, -np.inf, np.nan, 6e-8, 65504, -1.5], "f2"))
    put(version, "times", times)
    put(version, "times big", times.astype(">M8[ns]"))
    put(version, "days", times.astype("M8[D]"))
    put(version, "durations", np.arange(5).astype("m8[s]"))
    put(version, "scalar", np.array(3.5))
    put(version, "empty", np.zeros((0, 3)))
    put(version, "extremes i8", np.array([-(2**63), 2**63 - 1, 2**53 + 1]))
    put(version, "extremes u8", np.array([2**64 - 1, 2**53 + 1], "u8"))
    for kind, data in (("U", labels), ("S", ascii.astype("S8")), ("big U", labels.astype(">" + labels.dtype.str[1:]))):
        put(version, f"texts {kind}", data)
        put(version, f"texts {kind} zstd", data, compressors=nc.Zstd(1) if version == 2 else ZstdCodec())
    for codec in (None, "zlib", "zstd"):
        compressor = {None: None, "zlib": nc.Zlib() if version == 2 else GzipCodec(), "zstd": nc.Zstd() if version == 2 else ZstdCodec()}[codec]
        put(version, f"texts vlen {codec}", labels.astype(object), dtype=objects, compressors=compressor)
    put(version, "texts vlen 2-D", labels.reshape(20, 15).astype(object), dtype=objects)
    put(version, "bytes vlen", np.array([b"Mindelo", b"", "Praia é".encode()], object), dtype=zarr.core.dtype.VariableLengthBytes(), chunks=(2,))

for order in "CF":
    put(2, f"order {order}", grid, order=order, chunks=(3, 2), compressors=nc.Zlib())
    put(2, f"order {order} texts", labels[:35].reshape(7, 5), order=order, chunks=(3, 2))
    put(2, f"order {order} delta", grid, order=order, chunks=(7, 5), filters=[nc.Delta("<f8")])
for separator in "./":
    put(2, f"key {ord(separator)}", grid, chunks=(3, 2), chunk_key_encoding={"name": "v2", "separator": separator})
    for name in ("default", "v2"):
        put(3, f"key {name} {ord(separator)}", grid, chunks=(3, 2), chunk_key_encoding={"name": name, "separator": separator})

cube = np.arange(4 * 6 * 5.0).reshape(4, 6, 5)
for i, order in enumerate(itertools.permutations(range(3))):
    put(3, f"transpose {i}", cube, filters=[TransposeCodec(order=order)], chunks=(3, 4, 2))
    put(3, f"transpose {i} twice", cube, filters=[TransposeCodec(order=order), TransposeCodec(order=(1, 2, 0))], chunks=(3, 4, 2))
put(3, "transpose texts", labels[:35].reshape(7, 5), filters=[TransposeCodec(order=(1, 0))], chunks=(3, 2))
for name, options in dict(
    crc32c=dict(compressors=[Crc32cCodec()]), gzip_crc32c=dict(compressors=[GzipCodec(), Crc32cCodec()]), zstd_checksum=dict(compressors=[ZstdCodec(checksum=True)]),
    nc_zlib=dict(compressors=[v3.Zlib(level=3)]), nc_gzip=dict(compressors=[v3.GZip(level=3)]), nc_bz2=dict(compressors=[v3.BZ2(level=3)]), nc_lzma=dict(compressors=[v3.LZMA(preset=3)]), nc_lz4=dict(compressors=[v3.LZ4()]),
    nc_zstd=dict(compressors=[v3.Zstd(level=3)]), nc_blosc=dict(compressors=[v3.Blosc(cname="lz4", shuffle=1)]), nc_shuffle=dict(compressors=[v3.Shuffle(elementsize=8), v3.Zlib(level=1)]),
    nc_crc32=dict(compressors=[v3.CRC32()]), nc_crc32c=dict(compressors=[v3.CRC32C()]), nc_adler32=dict(compressors=[v3.Adler32()]), nc_fletcher32=dict(compressors=[v3.Fletcher32()]), nc_jenkins=dict(compressors=[v3.JenkinsLookup3()]),
    nc_delta=dict(filters=[v3.Delta(dtype="<f8")]), nc_scale=dict(filters=[v3.FixedScaleOffset(offset=10, scale=100, dtype="<f8", astype="<i2")]),
    nc_quantize=dict(filters=[v3.Quantize(digits=3, dtype="<f8")]), nc_bitround=dict(filters=[v3.BitRound(keepbits=9)]),
    nc_astype=dict(filters=[v3.AsType(encode_dtype="<f4", decode_dtype="<f8")]), nc_scale_shuffle=dict(filters=[v3.FixedScaleOffset(offset=10, scale=100, dtype="<f8", astype="<i2")], compressors=[v3.Shuffle(elementsize=2), v3.Zlib(level=1), v3.CRC32()]),
).items():
    put(3, f"codec {name}", halves, **options)
put(3, "codec nc_packbits", integers % 3 == 0, filters=[v3.PackBits()], chunks=(n,))

end, start = dict(index_location="end"), dict(index_location="start")
plain = dict(index_codecs=[BytesCodec()])
for name, config in dict(end=end, start=start, end_plain=end | plain, start_plain=start | plain, big=dict(index_codecs=[BytesCodec(endian="big"), Crc32cCodec()])).items():
    for kind, codecs in (("raw", [BytesCodec()]), ("zstd", [BytesCodec(), ZstdCodec()]), ("crc", [BytesCodec(endian="big"), GzipCodec(), Crc32cCodec()]), ("transpose", [TransposeCodec(order=(1, 0)), BytesCodec()])):
        put(3, f"shard {name} {kind}", grid, chunks=(4, 6), serializer=ShardingCodec(chunk_shape=(2, 3), codecs=codecs, **config), fill_value=9)
    put(3, f"shard {name} nested", cube, chunks=(4, 6, 6), serializer=ShardingCodec(chunk_shape=(2, 6, 3), codecs=[ShardingCodec(chunk_shape=(2, 2, 3), codecs=[BytesCodec(), ZstdCodec()], **config)], **config))
    put(3, f"shard {name} compressed", cube, chunks=(4, 6, 6), serializer=ShardingCodec(chunk_shape=(2, 6, 3), codecs=[BytesCodec()], **config), compressors=[GzipCodec(), Crc32cCodec()])
    put(3, f"shard {name} transposed", cube, chunks=(4, 4, 4), filters=[TransposeCodec(order=(2, 0, 1))], serializer=ShardingCodec(chunk_shape=(1, 2, 4), codecs=[BytesCodec()], **config))
sparse = np.zeros((7, 5))
sparse[3, 4] = 1
put(3, "shard sparse", sparse, chunks=(4, 6), serializer=ShardingCodec(chunk_shape=(2, 3), codecs=[BytesCodec()]), fill_value=0)
put(3, "shard texts", labels.astype(object), dtype=objects, chunks=(40,), shards=(120,), compressors=[ZstdCodec()])
put(3, "shard texts plain", labels.astype(object), dtype=objects, chunks=(40,), shards=(120,))

# What chunks consist of that are not there, as it is written and as others write it.
fills = [("f8", -999.5), ("f8", float("nan")), ("f8", float("inf")), ("f8", float("-inf")), ("f4", 1e20), ("f2", 0.1), ("i8", -(2**63)), ("i8", 2**63 - 1), ("u8", 2**64 - 1), ("u8", 2**53 + 1), ("i2", -32768), ("u1", 255), ("bool", True), ("M8[ns]", np.datetime64("NaT")), ("M8[s]", np.datetime64(1723370400, "s")), ("m8[s]", np.timedelta64(7, "s")), ("U5", "keine"), ("S5", b"none")]
for version in (2, 3):
    for i, (dtype, fill) in enumerate(fills):
        put(version, f"fill {i} {dtype}", np.zeros(3, dtype), fill_value=fill, skip=True)
    put(version, "fill text", np.array(["", "a"], object), dtype=objects, fill_value="none é", skip=True)
    put(version, "fill bytes", np.array([b"", b"a"], object), dtype=zarr.core.dtype.VariableLengthBytes(), fill_value=b"none", skip=True)
put(2, "fill null", np.zeros(3), fill_value=None, skip=True)


def written(version, name, dtype, fill):
    put(version, name, np.zeros(2, dtype), fill_value=None if version == 2 else np.zeros(1, dtype)[0], skip=True)
    path = f"{out}/v{version}.zarr/{name}/{'.zarray' if version == 2 else 'zarr.json'}"
    with open(path) as file:
        document = json.load(file)
    with open(path, "w") as file:
        json.dump({**document, "fill_value": fill}, file)


for version in (2, 3):
    for i, (dtype, fill) in enumerate([("M8[ns]", "NaT"), ("m8[ns]", "NaT"), ("M8[ns]", -(2**63)), ("f8", "0.5"), ("f8", "NaN"), ("f4", "-Infinity"), ("i4", 7.0), ("i4", "7"), ("f8", 3), ("u8", 2**64 - 1), ("i8", -(2**63))]):
        written(version, f"written {i} {dtype}", dtype, fill)
for i, (dtype, fill) in enumerate([("f8", "0x4028000000000000"), ("f8", "0x7ff8000000000000"), ("f8", "0xfff0000000000000"), ("f4", "0x41400000"), ("f4", "0x7fc00001"), ("f2", "0x4a00"), ("f2", "0x8001")]):
    written(3, f"hex {i} {dtype}", dtype, fill)

for version in groups:
    zarr.consolidate_metadata(f"{out}/v{version}.zarr", zarr_format=version)


def plainly(values):
    kind = values.dtype.kind
    flat = values.reshape(-1)
    if kind in "Mm":
        return [str(v) for v in flat.view("i8" if values.dtype.isnative else ">i8").tolist()]
    if kind in "iu" and values.dtype.itemsize == 8:
        return [str(v) for v in flat.tolist()]
    if kind == "f":
        return [None if np.isnan(v) else str(v) if np.isinf(v) else float(v) for v in flat]
    if kind == "b":
        return [int(v) for v in flat]
    return [v.decode() if isinstance(v, bytes) else v for v in flat.tolist()]


read = {}
for version in groups:
    for name, array in zarr.open_group(f"{out}/v{version}.zarr", mode="r").arrays():
        read.setdefault(f"v{version}", {})[name] = plainly(np.asarray(array[...]))
print(json.dumps(read))
