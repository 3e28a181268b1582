"""Reads an Open Data Fabric dataset with the `flatbuffers` and `pyarrow` packages alone, and prints what it finds as JSON.

It knows nothing of the project: slots are those of opendatafabric.fbs, the logical hash is that of arrow-digest's README.
"""
import hashlib
import json
import struct
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from flatbuffers.number_types import Int32Flags, Int64Flags, Uint8Flags, Uint16Flags, Uint32Flags, Uint64Flags, UOffsetTFlags
from flatbuffers import encode
from flatbuffers.table import Table

EVENTS = "AddData ExecuteTransform Seed SetPollingSource SetTransform SetVocab SetAttachments SetInfo SetLicense SetDataSchema"
folder = Path(sys.argv[1])


def root(data):
    return Table(bytearray(data), encode.Get(UOffsetTFlags.packer_type, data, 0))


def slot(table, index):
    return table.Offset(4 + 2 * index)


def scalar(table, index, flags, default=0):
    at = slot(table, index)
    return table.Get(flags, table.Pos + at) if at else default


def ubytes(table, index):
    at = slot(table, index)
    if not at:
        return None
    start = table.Vector(at)
    return bytes(table.Bytes[start : start + table.VectorLen(at)])


def text(table, index):
    at = slot(table, index)
    return table.String(table.Pos + at).decode() if at else None


def inner(table, index):
    at = slot(table, index)
    return Table(table.Bytes, table.Indirect(table.Pos + at)) if at else None


def multihash(data):
    return None if data is None else "f" + data.hex()


def length_and(data):
    return struct.pack("<Q", len(data)) + data


def type_id(type_):
    if pa.types.is_integer(type_):
        return struct.pack("<HBQ", 1, 0 if str(type_).startswith("u") else 1, type_.bit_width)
    if pa.types.is_floating(type_):
        return struct.pack("<HQ", 2, type_.bit_width)
    if pa.types.is_binary(type_):
        return struct.pack("<H", 3)
    if pa.types.is_string(type_):
        return struct.pack("<H", 4)
    if pa.types.is_boolean(type_):
        return struct.pack("<H", 5)
    if pa.types.is_date32(type_):
        return struct.pack("<HQH", 7, 32, 0)
    zone = length_and(type_.tz.encode()) if type_.tz else b"\0"
    return struct.pack("<HH", 9, ["s", "ms", "us", "ns"].index(type_.unit)) + zone


def value_bytes(type_, value):
    if not value.is_valid:
        return b"\0"
    if pa.types.is_boolean(type_):
        return b"\2" if value.as_py() else b"\1"
    if pa.types.is_string(type_):
        return length_and(value.as_py().encode())
    if pa.types.is_binary(type_):
        return length_and(value.as_py())
    if pa.types.is_floating(type_):
        return struct.pack("<d" if type_.bit_width == 64 else "<f", value.as_py())
    number = value.value if pa.types.is_temporal(type_) else value.as_py()
    return number.to_bytes(type_.bit_width // 8, "little", signed=number < 0)


def logical_hash(table):
    whole = hashlib.sha3_256()
    for name in table.schema.names:
        whole.update(length_and(name.encode()) + struct.pack("<Q", 0))
    for column in table.columns:
        hashed = hashlib.sha3_256(type_id(column.type))
        for value in column:
            hashed.update(value_bytes(column.type, value))
        whole.update(hashed.digest())
    return "f9680c00120" + whole.hexdigest()


blocks = []
name = (folder / "refs/head").read_text().strip()
while name:
    data = (folder / "blocks" / name).read_bytes()
    assert name == "f1620" + hashlib.sha3_256(data).hexdigest(), name
    manifest = root(data)
    assert scalar(manifest, 0, Int64Flags) == 0x400000
    block = root(ubytes(manifest, 2))
    kind = EVENTS.split()[scalar(block, 3, Uint8Flags) - 1]
    event = inner(block, 4)
    time = slot(block, 0) + block.Pos
    found = {
        "version": scalar(manifest, 1, Int32Flags),
        "number": scalar(block, 2, Uint64Flags),
        "kind": kind,
        "time": [block.Get(Int32Flags, time), block.Get(Uint16Flags, time + 4), block.Get(Uint32Flags, time + 8)],
    }
    if kind == "Seed":
        found["id"] = "did:odf:" + multihash(ubytes(event, 0))
    if kind == "SetInfo":
        found["description"] = text(event, 0)
    if kind == "SetLicense":
        found["spdx"] = text(event, 2)
    if kind == "AddData":
        new = inner(event, 2)
        offsets = inner(new, 2)
        physical = multihash(ubytes(new, 1))
        file = folder / "data" / physical
        assert physical == "f1620" + hashlib.sha3_256(file.read_bytes()).hexdigest()
        assert scalar(new, 3, Uint64Flags) == file.stat().st_size
        rows = pq.read_table(file)
        found["logical"] = multihash(ubytes(new, 0)) == logical_hash(rows)
        found["offsets"] = [scalar(offsets, 0, Uint64Flags), scalar(offsets, 1, Uint64Flags)]
        found["rows"] = rows.num_rows
    blocks.append(found)
    name = multihash(ubytes(block, 1))
print(json.dumps(blocks))
