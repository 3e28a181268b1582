"""The smallest files that have groups, attributes, chunks and values of variable length in old and new structures.

    python small_files.py FOLDER
"""
import os
import sys

import h5py
import numpy as np

for name, libver in [("small_old.h5", "earliest"), ("small_new.h5", ("v110", "v110"))]:
    with h5py.File(os.path.join(sys.argv[1], name), "w", libver=libver) as f:
        f.attrs["text"] = "hello"
        g = f.create_group("group")
        for i in range(10):
            g.attrs[f"attribute {i}"] = np.arange(i)
            g[f"link {i}"] = h5py.SoftLink("/lists") if i % 2 else g
        lists = f.create_dataset("lists", (3,), dtype=h5py.vlen_dtype("i4"))
        lists[0], lists[1] = [1, 2, 3], [4]
        f.create_dataset("texts", data=["a", "bc"], dtype=h5py.string_dtype())
        f.create_dataset("pairs", data=np.zeros(2, [("a", "i4"), ("b", "f8", (2,))]))
        f.create_dataset("enum", data=[0, 1], dtype=h5py.enum_dtype({"no": 0, "yes": 1}, "u1"))
        how = {"compression": "gzip", "shuffle": True, "fletcher32": True}
        f.create_dataset("fixed", data=np.arange(40).reshape(5, 8), chunks=(2, 3), **how)
        f.create_dataset("growing", data=np.arange(60), chunks=(3,), maxshape=(None,))
        f.create_dataset("both", data=np.arange(40).reshape(5, 8), chunks=(2, 3), maxshape=(None, None), **how)
        f.create_dataset("lzf", data=np.zeros(40), chunks=(20,), compression="lzf")
        f.create_dataset("contiguous", data=np.arange(5.0))
        f.create_dataset("reference", data=g.ref, dtype=h5py.ref_dtype)
