#!/usr/bin/env python3
"""Open a results file as notebooks do, with no argument but its name, and check what they see.

Usage: open_results.py FILE.h5 [--small]

Checks that hold for any results file, and more for one by tests/make_results. A small file has contiguous values,
another has filtered ones. Exits 1 if any fails.
"""

import shutil
import subprocess
import sys

import h5py
import netCDF4
import numpy as np
import xarray as xr

FAILURES = []
SMALL = "--small" in sys.argv[2:]
DIMENSIONS = ["trial", "epoch", "firm", "category", "rank", "band"]
BARE = "This is a netCDF dimension but not a netCDF variable."
SHAPES = {
    "reward": ("trial", "epoch", "firm"),
    "quote_count": ("trial", "epoch", "firm"),
    "walk_away": ("trial", "epoch"),
    "rank_histogram": ("trial", "epoch", "firm", "rank"),
    "portfolio": ("trial", "epoch", "firm", "category"),
    "target": ("trial", "firm", "category"),
    "constrained_refits": ("trial", "firm"),
    "category_description": ("trial", "firm", "category"),
    "band_quotes": ("trial", "firm", "band"),
    "band_policies": ("trial", "firm", "band"),
    "band_view": ("band",),
    "band_low": ("band",),
    "phase": ("epoch",),
    "scenario": (),
}
LEARNING = {name: ("trial", "firm", "update") for name in ("value", "return", "td_error", "kl")}
LEARNING["reference_kl"] = ("trial", "epoch", "firm")
ROOT_ATTRIBUTES = ["Conventions", "title", "source", "history", "rng", "created", "host", "status"]


def check(ok, what):
    if not ok:
        FAILURES.append(what)
        print("FAIL", what, file=sys.stderr)


def is_bare(dataset):
    return dataset.attrs.get("NAME", b"").decode().startswith(BARE)


def check_dataset(file, name, dataset):
    if is_bare(dataset):
        check(int(dataset.attrs["NAME"].decode()[len(BARE):]) == dataset.shape[0], f"{name}: length in NAME")
        return
    for attribute in ("units", "long_name"):
        text = dataset.attrs.get(attribute)
        check(isinstance(text, str) and text, f"h5py: {name}: {attribute}")
    order = dataset.id.get_create_plist().get_attr_creation_order()
    check(order == h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED, f"{name}: creation order")
    if dataset.dtype.kind == "f":
        check(np.isnan(dataset.fillvalue) and np.isnan(dataset.attrs["_FillValue"]).all(), f"{name}: fill value")
    elif dataset.dtype.kind == "i":
        check("_FillValue" not in dataset.attrs, f"{name}: integers have no fill value")
    else:
        info = h5py.check_string_dtype(dataset.dtype)
        check(info is not None and info.encoding == "utf-8" and info.length is None, f"{name}: string type")
    if h5py.h5ds.is_scale(dataset.id):
        return
    if dataset.ndim > 1 and dataset.dtype.kind in "fi":
        filtered = dataset.compression == "gzip" and dataset.shuffle and dataset.fletcher32
        check(dataset.chunks is None if SMALL else filtered, f"{name}: filters")
    for axis in range(dataset.ndim):
        scales = dataset.dims[axis]
        check(len(scales) == 1, f"{name}: axis {axis} has one scale")
        check(scales[0].shape == (dataset.shape[axis],), f"{name}: axis {axis} has a scale of its length")


def check_h5py(path):
    with h5py.File(path) as file:
        for group in [file] + [item for item in file.values() if isinstance(item, h5py.Group)]:
            order = h5py.h5g.open(group.id, b".").get_create_plist().get_link_creation_order()
            check(order == h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED, f"{group.name}: link order")
        seen = []
        file.visititems(lambda name, item: seen.append(name) or (
            check_dataset(file, name, item) if isinstance(item, h5py.Dataset) else None))
        check(set(DIMENSIONS) <= set(seen), "h5py: dimensions")
        check(isinstance(file["scenario"].asstr()[()], str), "h5py: scenario is text")
        for name in ROOT_ATTRIBUTES:
            check(isinstance(file.attrs.get(name), str), f"h5py: attribute {name}")
        check(file.attrs["schema_version"] == 2 and file.attrs["status"] == "complete", "h5py: version, status")
        check(file["phase"].attrs["flag_meanings"] == "burn_in test", "h5py: flag_meanings")
        check(list(file["phase"].attrs["flag_values"]) == [0, 1], "h5py: flag_values")
        check(file["phase"].attrs["flag_values"].dtype == np.int8, "h5py: flag_values are int8")


def check_netcdf4(path):
    with netCDF4.Dataset(path) as file:
        check(list(file.dimensions) == DIMENSIONS, f"netCDF4: dimensions {list(file.dimensions)}")
        check("category" not in file.variables, "netCDF4: category is a dimension only")
        for name, shape in SHAPES.items():
            check(file.variables[name].dimensions == shape, f"netCDF4: shape of {name}")
        for group in [file] + list(file.groups.values()):
            for name, variable in group.variables.items():
                variable[...]
                check(variable.units and variable.long_name, f"netCDF4: units and long_name of {name}")
        check(all(isinstance(label, str) and label for label in file["firm"][:]), "netCDF4: firm labels")
        check(len({int(t) for t in file["trial"][:]}) == len(file.dimensions["trial"]), "netCDF4: trials")
        if "quotes" in file.groups:
            group = file["quotes"]
            check("quote" in group.dimensions and "firm" not in group.dimensions, "netCDF4: firm is inherited")
        if "learning" in file.groups:
            group = file["learning"]
            check(list(group.dimensions) == ["update"], f"netCDF4: own dimensions of learning {list(group.dimensions)}")
            for name, shape in LEARNING.items():
                check(group.variables[name].dimensions == shape, f"netCDF4: shape of learning/{name}")
            for name in ("trial", "epoch", "firm"):
                size = len(group["reference_kl"].get_dims()[LEARNING["reference_kl"].index(name)])
                check(size == len(file.dimensions[name]), f"netCDF4: learning has its {name} from the root")


def check_xarray(path, engine):
    with xr.open_dataset(path, engine=engine) as data:
        data.load()
        check(set(data.sizes) == set(DIMENSIONS), f"{engine}: dimensions {dict(data.sizes)}")
        check(set(data.coords) == {"trial", "epoch", "firm", "rank", "band"}, f"{engine}: coordinates {list(data.coords)}")
        for name, shape in SHAPES.items():
            check(data[name].dims == shape, f"{engine}: shape of {name}")
        for name, variable in data.variables.items():
            check("units" in variable.attrs and "long_name" in variable.attrs, f"{engine}: {name} is described")
        check(data["quote_count"].dtype == np.int64 and data["phase"].dtype == np.int8, f"{engine}: integers stay so")
        check(all(isinstance(label, str) for label in data["firm"].values), f"{engine}: labels are text")
        check(isinstance(data["scenario"].item(), str), f"{engine}: scenario is text")
        check(all(isinstance(t, str) for t in data["category_description"].values.flat), f"{engine}: descriptions")
        data["reward"].sel(firm=str(data["firm"].values[0])).mean("trial")
        check_known(data, engine)
    with h5py.File(path) as file:
        groups = [name for name, item in file.items() if isinstance(item, h5py.Group)]
    if "quotes" in groups:
        with xr.open_dataset(path, engine=engine, group="quotes") as data:
            data.load()
            check(set(data.sizes) <= {"quote", "firm"} and not data.coords, f"{engine}: quotes {data.sizes}")
    if "learning" in groups:
        check_learning(path, engine)


def check_learning(path, engine):
    with xr.open_dataset(path) as root, xr.open_dataset(path, engine=engine, group="learning") as data:
        data.load()
        check(set(data.data_vars) == set(LEARNING), f"{engine}: variables of learning {list(data.data_vars)}")
        for name, shape in LEARNING.items():
            check(data[name].dims == shape and data[name].dtype == np.float64, f"{engine}: shape of learning/{name}")
            check(data[name].attrs["units"] in ("GBP", "nats"), f"{engine}: units of learning/{name}")
        check(list(data["update"].values) == list(range(data.sizes["update"])), f"{engine}: updates from 0")
        for name in ("trial", "epoch", "firm"):
            check(data.sizes[name] == root.sizes[name], f"{engine}: {name} of learning is the root's")
        if root.attrs["title"] == "a test":
            check_known_learning(data, engine)


def check_known_learning(data, engine):
    """Values of tests/make_results: 1,000 a variable, in the order of LEARNING, and 100,000 a trial."""
    check(data.sizes["update"] == 4, f"{engine}: {data.sizes['update']} updates")
    first = data["value"].values[0].reshape(-1)
    check(list(np.flatnonzero(np.isnan(first))) == [3, 10, 17], f"{engine}: not logged is NaN")
    check(first[23] - first[0] == 23 and first[0] % 1 == 0.25, f"{engine}: updates lie in order")
    for i, name in enumerate(LEARNING):
        values = data[name].values
        check(values[0].flat[0] - first[0] == 1000 * i, f"{engine}: learning/{name}")
        check(values[1].flat[-1] - values[0].flat[-1] == 100000, f"{engine}: trials of learning/{name}")


def check_known(data, engine):
    """Values of tests/make_results, whose title is 'a test'."""
    if data.attrs["title"] != "a test":
        return
    check(list(data["firm"].values[:3]) == ["null-1", "klq", "Société Générale"], f"{engine}: firm names")
    check(list(data["trial"].values[:2]) == [7, 8], f"{engine}: trials from 7")
    check(list(data["rank"].values) == [1, 2, 3, 4, 5, 6], f"{engine}: ranks from 1")
    check(list(data["phase"].values) == [0] * 6 + [1] * 8, f"{engine}: phases")
    check(data["reward"].sel(trial=8).values.flat[1] == 800001.25, f"{engine}: reward")
    check(np.isnan(data["reward"].sel(trial=8).values.flat[3]), f"{engine}: undefined is NaN")
    check(data["quote_count"].sel(trial=7).values.flat[9] == 706009, f"{engine}: quote_count")
    check(data["category_description"].values.flat[1] == "trial 7: âge in [1, 29]", f"{engine}: description")
    check(data["category_description"].values.flat[4] == "", f"{engine}: empty description")
    check("naïve" in data["scenario"].item(), f"{engine}: scenario")


def check_ncdump(path):
    ncdump = shutil.which("ncdump")
    if ncdump is None:
        print("ncdump is not installed: skipped")
        return
    run = subprocess.run([ncdump, "-h", path], capture_output=True, text=True)
    check(run.returncode == 0 and "double reward(trial, epoch, firm)" in run.stdout, "ncdump -h")
    if "group: learning {" in run.stdout:
        learning = run.stdout.split("group: learning {")[1].split("// group learning")[0]
        for name, shape in LEARNING.items():
            check(f"double {name}({', '.join(shape)}) ;" in learning, f"ncdump -h: learning/{name}")


def check_group_is_there(path):
    """The file of known numbers has every group, so that no check above is passed over."""
    with h5py.File(path) as file:
        if file.attrs["title"] == "a test":
            check({"quotes", "learning"} <= set(file), "the known file has all groups")


def main():
    if len(sys.argv) != 2 + SMALL:
        print(__doc__, file=sys.stderr)
        return 2
    path = sys.argv[1]
    check_h5py(path)
    check_netcdf4(path)
    check_xarray(path, "h5netcdf")
    check_xarray(path, "netcdf4")
    check_ncdump(path)
    check_group_is_there(path)
    print("failures:", len(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main())
