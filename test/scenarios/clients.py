"""What data users do with a portal: walk its catalog with pystac, open every dataset with xarray.

    python clients.py PORTAL GATEWAY LOCAL...

LOCAL are paths of the stores that were published, by the same file names as in the catalog. IPFS_GATEWAY says where
ipfsspec reads from. Prints one JSON object.
"""
import hashlib
import json
import sys
import urllib.error
import urllib.request

import numpy as np
import pystac
import xarray as xr

portal, gateway, *stores = sys.argv[1:]
local = {"/".join(path.split("/")[-2:]): path for path in stores}


def digest(ds):
    """Every value and attribute of a dataset."""
    h = hashlib.sha256(repr(sorted(ds.attrs.items())).encode())
    for name in sorted(ds.variables):
        h.update(name.encode())
        h.update(repr(sorted(ds[name].attrs.items())).encode())
        h.update(np.ascontiguousarray(ds[name].values).tobytes())
    return h.hexdigest()


def status(href):
    try:
        return urllib.request.urlopen(urllib.request.Request(href, method="HEAD")).status
    except urllib.error.HTTPError as error:
        return error.code


def extremes(values):
    return [values.min().values, values.max().values]


catalog = pystac.Catalog.from_file(portal + "stac/catalog.json")
folders = [folder for folder, _, _ in catalog.walk()]
items = list(catalog.get_items(recursive=True))

# The text of a licence is somebody else's; everything else is on the gateway itself.
links = {link.get_absolute_href() for entry in [*folders, *items] for link in entry.links if link.rel != "license"}
broken = sorted(href for href in links if not href.startswith(gateway) or status(href) != 200)

said = []
for item in items:
    asset = item.assets["data"]
    kwargs = asset.extra_fields["xarray:open_kwargs"]
    ds = xr.open_dataset(asset.href, **kwargs, storage_options=asset.extra_fields.get("xarray:storage_options"))
    over_http = [xr.open_dataset(each["href"], **kwargs) for each in asset.extra_fields["alternate"].values()]
    zarr = xr.open_zarr(gateway + "/ipfs/" + asset.href.removeprefix("ipfs://"))
    here = xr.open_zarr(local[item.id.replace("--", "/").removeprefix("products/")])
    times = [str(np.datetime_as_string(each.astype("datetime64[us]"), unit="us")) for each in extremes(ds.launch_time)]
    said.append(
        {
            "id": item.id,
            "digests": [digest(each) for each in [here, ds, zarr, *over_http]],
            "bbox": item.bbox,
            "box": [float(ds[name].min()) for name in ("lon", "lat")] + [float(ds[name].max()) for name in ("lon", "lat")],
            "time": [item.properties["start_datetime"], item.properties["end_datetime"]],
            "times": times,
            "around": [each.id for each in (item.get_root(), item.get_collection(), item.get_parent())],
        }
    )

print(
    json.dumps(
        {
            "items": said,
            "broken": broken,
            "links": len(links),
            "ids": [entry.id for entry in [*folders, *items]],
        }
    )
)
