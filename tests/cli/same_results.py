"""Two results files have the same datasets: same_results.py A.h5 B.h5 ..., each against the first. Exits with 77 if
there is no h5py."""
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


first = datasets(sys.argv[1])
assert len(first) > 30, f"{sys.argv[1]}: {len(first)} datasets only"
for path in sys.argv[2:]:
    other = datasets(path)
    assert first.keys() == other.keys(), f"{path}: other datasets than {sys.argv[1]}"
    for name, values in first.items():
        same = np.array_equal(values, other[name], equal_nan=getattr(values, "dtype", np.dtype("O")).kind == "f")
        assert same, f"{path}: {name} differs from {sys.argv[1]}"
