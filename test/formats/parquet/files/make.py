"""Makes the Parquet files of this folder: python make.py, with pyarrow 26.0.1. They are committed, so that tests need no Python."""

import datetime as dt
import json

import pyarrow as pa
import pyarrow.parquet as pq

utc = dt.timezone.utc
start = dt.datetime(2024, 8, 11, 10, tzinfo=utc)
time = [start + dt.timedelta(minutes=10 * i, microseconds=i) for i in range(20)]
lat = [13.1 + 0.1 * i for i in range(20)]
lon = [-59.5 + 0.1 * i for i in range(20)]

track = pa.table(
    {
        "time": pa.array(time, pa.timestamp("us", tz="UTC")),
        "lat": pa.array(lat, pa.float64()),
        "lon": pa.array([*lon[:19], None], pa.float32()),
        "ta": pa.array([290 + i for i in range(20)], pa.int16()),
        "flag": pa.array([i % 2 == 0 for i in range(20)]),
        "name": pa.array([f"sonde {i}" for i in range(20)]),
        "day": pa.array([t.date() for t in time], pa.date32()),
        "levels": pa.array([[1.0, 2.0]] * 20, pa.list_(pa.float64())),
    }
)
attrs = {"title": "Track of a ship", "license": "CC0-1.0", "keywords": ["ship", "track"]}
track = track.replace_schema_metadata({"PANDAS_ATTRS": json.dumps(attrs), "summary": "Made for a test"})
pq.write_table(track, "track.parquet", row_group_size=8)

geo = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {
        "geometry": {"encoding": "WKB", "geometry_types": ["Point"], "bbox": [170.0, -5.0, -175.0, 5.0]},
    },
}
points = pa.table({"geometry": pa.array([b"\x01\x01"] * 3, pa.binary()), "station": pa.array([1, 2, 3], pa.uint8())})
pq.write_table(points.replace_schema_metadata({"geo": json.dumps(geo)}), "points.geoparquet")

pq.write_table(track.select(["lat", "lon", "time"]), "no-statistics.parquet", write_statistics=False)

# Units and names in the metadata of Arrow's fields, times as numbers, and radians.
def field(name, type, **metadata):
    return pa.field(name, type, metadata={key.encode(): value.encode() for key, value in metadata.items()})


schema = pa.schema(
    [
        field("t", pa.int64(), units="seconds since 2024-08-11 10:00:00", standard_name="time"),
        field("y", pa.float64(), units="radian", standard_name="latitude"),
        field("x", pa.float64(), units="degrees_west", standard_name="longitude"),
        field("ta", pa.float32(), units="K", standard_name="air_temperature", long_name="temperature of the air"),
        field("p", pa.float32(), units="hektopascal"),
    ]
)
values = [[0, 60, 3600], [0.1, 0.2, 0.3], [50.0, 50.5, 51.0], [290.0, 291.0, 292.0], [1000.0, 999.0, 998.0]]
pq.write_table(pa.table(values, schema=schema), "units.parquet")
