"""Times in units as people write them, and worse: python units.py SEED COUNT prints what xarray makes of each, as JSON.

Each has `units`, `calendar` or null, two `values` in order, and `dates`, the two that xarray decodes; none where it fails,
or leaves the numbers as they are.
"""
import json, random, sys, warnings
import numpy as np, xarray as xr

warnings.filterwarnings("ignore")
random.seed(int(sys.argv[1]))
one = random.choice
years = ["2024", "1970", "1900", "1677", "1678", "2262", "2263", "1582", "1583", "1500", "1", "0001", "0000", "-1", "70", "12024", "9999", "2000"]
units = "days day hours hour minutes seconds second milliseconds nanoseconds d D h hrs min s sec Seconds HOURS ms msec microseconds us ns weeks months common_years m"
calendars = [None] * 6 + ["standard", "gregorian", "proleptic_gregorian", "julian", "noleap", "365_day", "all_leap", "366_day", "360_day", "Gregorian", "tai", "utc", "none", ""]
zones = ["Z", "z", "UTC", "GMT", "utc", "+00:00", "-00:00", "+0", "+1", "-7", "+01", "+0130", "+130", "-05:30", "-5:30", "+14:00", "UTC+00:00", "UTC+0", "GMT-00", "UTC+01:00", "UTC +0:00", "CET", "EST", "Europe/Berlin", "(UTC)", "+24:00", "+01:60", "A"]


def number(least, most, padded=None):
    padded = random.random() < 0.6 if padded is None else padded
    return f"{random.randint(least, most):0{2 if padded else 1}d}"


def date():
    year, month = one(years), one(["Jan", "FEB", "March", "aug", "Sept", "December", "Foo"])
    mark, blank = one("/.-"), one("- ")
    return one([
        *[f"{year}-{number(1, 12)}-{number(1, 28)}"] * 6,
        f"{year}{mark}{number(0, 13)}{mark}{number(1, 31)}",
        f"{year}{number(1, 12, True)}{number(1, 31, True)}",
        f"{year}-{number(1, 12)}",
        year,
        f"{number(1, 31)}/{number(1, 12)}/{year}",
        f"{number(1, 31)}{blank}{month}{blank}{year}",
        f"{month} {number(1, 31)}{one(['', ','])} {year}",
        one(["launch", "today", "2024-224", "2024-W10", "202408", "2024081112", "+2024-01-01", "2024--1-1"]),
    ])


def clock():
    gap = one([" "] * 5 + ["T"] * 5 + ["  ", "t", "-", "_", ""])
    return one([
        "",
        f"{gap}{number(0, 24)}:{number(0, 60)}:{number(0, 60)}{one(['', '', '.0', '.5', '.123456789', '.999999999999', '.29', ',5', '.'])}",
        f"{gap}{number(0, 24)}:{number(0, 59)}",
        f"{gap}{number(0, 24)}",
        f"{gap}{number(0, 23, True)}{number(0, 59, True)}{one(['', number(0, 59, True)])}",
        gap + one(["12:00 PM", "1pm", "06:00:", "00:00:00:00"]),
    ])


cases = []
for _ in range(int(sys.argv[2])):
    gaps = [one([" "] * 10 + ["  ", "\t"]) for _ in range(2)]
    zone = one(["", "", one(["", " "]) + one(zones)])
    text = one(units.split()) + gaps[0] + one(["since"] * 20 + ["Since", "SINCE", "after"]) + gaps[1] + date() + clock() + zone
    case = {"units": text, "calendar": one(calendars), "values": one([[0, 1], [0.5, random.randint(4, 40000) / 4]])}
    attributes = {name: case[name] for name in ("units", "calendar") if case[name] is not None}
    stored = xr.Dataset({"time": ("time", np.array(case["values"]), attributes)})
    try:
        decoded = xr.decode_cf(stored)["time"].values
        if decoded.dtype.kind not in "if":
            case["dates"] = [str(date).replace(" ", "T") for date in (decoded.min(), decoded.max())]
    except Exception:
        pass
    cases.append(case)
print(json.dumps(cases))
