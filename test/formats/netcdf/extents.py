"""What xarray reads as latitude, longitude and time: python extents.py FILE… prints an object, by path."""
import json, sys, warnings
import numpy as np, xarray as xr

warnings.filterwarnings("ignore")


def extent(path):
    with xr.open_dataset(path, engine="netcdf4") as ds:
        found = {}
        for name, variable in ds.variables.items():
            standard, units = variable.attrs.get("standard_name"), str(variable.attrs.get("units", ""))
            kind = standard if standard in ("latitude", "longitude") else None
            kind = kind or {"degrees_north": "latitude", "degrees_east": "longitude"}.get(units)
            if kind and kind not in found:
                values = variable.values.astype("f8")
                found[kind] = [float(np.nanmin(values)), float(np.nanmax(values))]
            if name == "time" and variable.dtype.kind == "M":
                found["time"] = [str(each.astype("M8[ms]")) for each in (variable.values.min(), variable.values.max())]
        return found


print(json.dumps({path: extent(path) for path in sys.argv[1:]}))
