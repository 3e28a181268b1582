"""What IOOS's compliance-checker reports on NetCDF files, for the rules that we have as well: a JSON object a line.

Arguments: paths. Printed: {"file": path, "found": [names of our rules, or "attribute:NAME" for one that is lacking]}.
"""

import contextlib
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from compliance_checker.acdd import ACDD1_3Check
from compliance_checker.cf.cf import CF1_6Check
from netCDF4 import Dataset


def messages(results):
    if results is None:
        return []
    results = results if isinstance(results, (list, tuple)) else [results]
    return [(r, str(m)) for r in results for m in (r.msgs or [])]


def lacking(results, names):
    said = [m for _, m in messages(results)]
    return [n for n in names if any(m.startswith(f"{n} ") and ("not present" in m or "empty" in m.lower()) for m in said)]


def found_in(path):
    found = set()
    with Dataset(path) as ds:
        acdd, cf = ACDD1_3Check(), CF1_6Check()
        acdd.setup(ds)
        cf.setup(ds)
        for results, names in [
            (acdd.check_high(ds), ["title", "summary", "keywords"]),
            (acdd.check_recommended(ds), ["creator_name", "institution", "license"]),
        ]:
            found |= {f"attribute:{n}" for n in lacking(results, names)}
        names = {"long_name": set(), "standard_name": set()}
        for check in (acdd.check_var_long_name, acdd.check_var_standard_name):
            for result, message in messages(check(ds)):
                names[message].add(result.name)
        found |= {"no-standard-name"} if names["long_name"] & names["standard_name"] else set()
        found |= {"no-units"} if messages(acdd.check_var_units(ds)) else set()
        fills = messages(cf.check_fill_value_equal_missing_value(ds)) + messages(cf.check_fill_value_outside_valid_range(ds))
        found |= {"fill-value"} if fills else set()
        found |= {"attribute:Conventions"} if not hasattr(ds, "Conventions") else set()
    return sorted(found)


for path in sys.argv[1:]:
    with contextlib.redirect_stdout(sys.stderr):
        try:
            line = {"file": os.path.basename(path), "found": found_in(path)}
        except Exception as error:  # What it fails on is part of what it reports.
            line = {"file": os.path.basename(path), "failed": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(line))
