"""Two results files have the same datasets: same_results.py A.h5 B.h5. Or all files of two directories, which have the
same names. Exits with 77 if there is no h5py."""
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


def compare(path, other_path):
    first, other = datasets(path), datasets(other_path)
    assert len(first) > 30, f"{path}: {len(first)} datasets only"
    assert first.keys() == other.keys(), f"{other_path}: other datasets than {path}"
    for name, values in first.items():
        same = np.array_equal(values, other[name], equal_nan=getattr(values, "dtype", np.dtype("O")).kind == "f")
        assert same, f"{other_path}: {name} differs from {path}"


a, b = sys.argv[1:]
if os.path.isdir(a):
    assert sorted(os.listdir(a)) == sorted(os.listdir(b)), f"{b}: other files than {a}"
    for name in os.listdir(a):
        compare(os.path.join(a, name), os.path.join(b, name))
else:
    compare(a, b)
