"""Dropsondes as ASPEN writes them, about 374 kB each: python sondes.py FOLDER COUNT

Each has a place, a launch and some attributes of its own, as real ones do; see test/formats/netcdf/large.py for the rest.
"""
import sys
import netCDF4, numpy as np

out, count = sys.argv[1], int(sys.argv[2])
steps = np.arange(3900)
for i in range(count):
    with netCDF4.Dataset(f"{out}/D{i:05}.nc", "w") as f:
        for n in range(110):
            f.setncattr(f"Attribute{n:03}", f"a value of some length {n}{f' of sonde {i}' if n % 5 == 0 else ''}")
        f.createDimension("time", len(steps))
        time = f.createVariable("time", "f8", ("time",))
        time.units, time.standard_name = f"seconds since 2024-08-{1 + i % 28:02} 17:33:34 UTC", "time"
        places = [f.createVariable(name, "f8", ("time",), fill_value=-999.0) for name in ("lat", "lon", "alt")]
        for v, units in zip(places, ("degrees_north", "degrees_east", "m")):
            v.units = units
        names = "pres tdry dp rh u_wind v_wind w_wind wspd wdir dz gpsalt vt reference_time mr".split()
        data = [f.createVariable(name, "f4", ("time",), fill_value=-999.0) for name in names]
        for v in data:
            v.units, v.coordinates = "1", "time lon lat alt"
        time[:] = steps[::-1] / 4
        for v in places:
            v[:] = (i % 70) + steps / 1e5
        for v in data:
            v[:] = steps
