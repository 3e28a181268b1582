"""One chunk as each codec encodes it: python chunks.py > chunks.json. Bytes are in base64; what they decode to is in codecs.test.ts."""
import base64, json
import numcodecs as nc, numpy as np

numbers = np.arange(300) / 2 - 20
texts = np.array(["Mindelo", "", "Praia é", "日本😀", "Ragged Point"], object)
chunks = []


def add(name, data, codec, configuration=None, dtype=None):
    encoded = codec.encode(data)
    encoded = np.frombuffer(encoded, "u1") if isinstance(encoded, (bytes, memoryview)) else np.asarray(encoded).reshape(-1).view("u1")
    chunks.append({"name": name, "codec": {**codec.get_config(), **(configuration or {})}, "dtype": dtype or data.dtype.str, "bytes": base64.b64encode(encoded.tobytes()).decode()})


for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
    for shuffle in (0, 1, 2):
        add(f"blosc {cname} {shuffle}", numbers, nc.Blosc(cname, 5, shuffle))
add("blosc stored", numbers[:40], nc.Blosc("lz4", 0, 1))
for name, codec in dict(zlib=nc.Zlib(9), gzip=nc.GZip(9), bz2=nc.BZ2(), lzma=nc.LZMA(), lz4=nc.LZ4(), zstd=nc.Zstd(9, checksum=True)).items():
    add(name, numbers, codec)
short = numbers[:40]
for name, codec in dict(fletcher32=nc.Fletcher32(), crc32=nc.CRC32(), crc32c=nc.CRC32C(), adler32=nc.Adler32(), jenkins_lookup3=nc.JenkinsLookup3(), shuffle=nc.Shuffle(8), base64=nc.Base64()).items():
    add(name, short, codec)
add("delta", short, nc.Delta("<f8", "<f4"))
add("fixedscaleoffset", short, nc.FixedScaleOffset(offset=-20, scale=2, dtype="<f8", astype="<i2"))
add("astype", short, nc.AsType("<f4", "<f8"))
add("quantize", short, nc.Quantize(3, "<f8", "<f4"))
add("bitround", short, nc.BitRound(20))
add("packbits", short > -10, nc.PackBits())
add("vlen-utf8", texts, nc.VLenUTF8())
add("vlen-bytes", np.array([text.encode() for text in texts], object), nc.VLenBytes())
add("json2", texts, nc.JSON())
add("categorize", texts[[0, 2, 1, 0]], nc.Categorize(labels=["Mindelo", "Praia é"], dtype=object))
print("[" + ",\n".join(json.dumps(chunk, ensure_ascii=False) for chunk in chunks) + "]")
