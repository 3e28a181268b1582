"""Writes the slices of data of the tests' Open Data Fabric dataset beside this file (pyarrow 22.0.0)."""
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

utc = dt.timezone.utc
ms = pa.timestamp("ms", tz="UTC")


def write(name, start, rows, **options):
    offsets = range(start, start + rows)
    first = dt.datetime(2024, 8, 11, 10, tzinfo=utc)
    columns = {
        "offset": pa.array(offsets, pa.int64()),
        "op": pa.array([0] * rows, pa.uint8()),
        "system_time": pa.array([dt.datetime(2024, 8, 12, tzinfo=utc)] * rows, ms),
        "event_time": pa.array([first + dt.timedelta(minutes=10 * i) for i in offsets], ms),
        "lat": pa.array([13 + i / 10 for i in offsets], pa.float64()),
        "lon": pa.array([-59.5 + i / 10 for i in offsets], pa.float32()),
        "station": pa.array([None if i % 3 == 1 else f"st-{i} ü" for i in offsets], pa.string()),
        "good": pa.array([None if i % 4 == 3 else i % 2 == 0 for i in offsets], pa.bool_()),
        "day": pa.array([dt.date(2024, 8, 11)] * rows, pa.date32()),
        "raw": pa.array([bytes([i, 0, 255]) for i in offsets], pa.binary()),
    }
    pq.write_table(pa.table(columns), Path(__file__).with_name(name), store_schema=False, **options)


write("first.parquet", 0, 5, compression="snappy")
write("second.parquet", 5, 7, compression="zstd", row_group_size=3)
