"""Two results files have the same datasets, bit for bit: same_results.py A.h5 B.h5 [BUT_FOR...]. Or all files of two
directories, which have the same names. NaNs are all alike. Exits with 77 if there is no h5py."""
import os
import sys

try:
    import h5py
    import numpy as np
except ImportError:
    sys.exit(77)


def datasets(path):
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def bits(values):
    values = np.asarray(values)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), values.dtype.type("nan"), values)
    return values.dtype, values.shape, values.tolist() if values.dtype.kind == "O" else values.tobytes()


def compare(path, other_path):
    first, other = datasets(path), datasets(other_path)
    for name in but_for:
        del first[name], other[name]
    assert len(first) > 30, f"{path}: {len(first)} datasets only"
    assert first.keys() == other.keys(), f"{other_path}: other datasets than {path}"
    for name, values in first.items():
        assert bits(values) == bits(other[name]), f"{other_path}: {name} differs from {path}"


a, b, *but_for = sys.argv[1:]
if os.path.isdir(a):
    assert sorted(os.listdir(a)) == sorted(os.listdir(b)), f"{b}: other files than {a}"
    for name in os.listdir(a):
        compare(os.path.join(a, name), os.path.join(b, name))
else:
    compare(a, b)
