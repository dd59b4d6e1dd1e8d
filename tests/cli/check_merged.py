#!/usr/bin/env python3
"""Check a merged file against the runs' own, with every reader that users have.

Usage: check_merged.py MERGED.h5 DIR [broken ID]...

Every value must be that of its run, bit for bit, and missing where the run has none. A run that is `broken` counts as
missing, though there is a file. Exits 1 if anything fails, 77 without the modules.
"""

import json
import os
import shutil
import subprocess
import sys

try:
    import h5py
    import netCDF4
    import numpy as np
    import xarray as xr
except ImportError:
    sys.exit(77)

FAILURES = []
STATES = ["complete", "failed", "partial", "pending"]
OWN = ["trial", "epoch", "firm", "category", "rank", "band"]
BANDS = ["band_view", "band_low", "band_high"]
ABOUT = {"run_id", "run_status", "run_seed", "run_source", "run_created", "run_scenario", "trial_number", "firm_name"}
FILL = {"int64": -9223372036854775806, "int32": -2147483647, "int8": -127}


def check(ok, what):
    if not ok:
        FAILURES.append(what)
        print("FAIL", what, file=sys.stderr)


def manifest(directory):
    with open(os.path.join(directory, "manifest.jsonl"), encoding="utf-8") as lines:
        head, *runs = map(json.loads, lines)
    return head, runs


def same(a, b):
    """Bit for bit; texts as texts."""
    if a.dtype.kind == "O" or b.dtype.kind == "O":
        texts = [[x.decode() if isinstance(x, bytes) else x for x in v.ravel()] for v in (a, b)]
        return a.shape == b.shape and texts[0] == texts[1]
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def is_missing(values):
    if values.dtype.kind == "f":
        return np.isnan(values).all()
    if values.dtype.kind == "O":
        return all(x in (b"", "") for x in values.ravel())
    return (values == FILL[values.dtype.name]).all()


def check_variable(name, merged, places, files):
    """A variable of results against those of all runs."""
    for place, file in zip(places, files):
        values = merged[name][place]
        if file is None or name not in file:
            check(is_missing(values), f"{name}{place}: missing")
            continue
        own = file[name][()]
        inside = tuple(slice(0, n) for n in own.shape)
        check(same(np.ascontiguousarray(values[inside]), own), f"{name}{place}: the run's values")
        outside = np.ones(values.shape, bool)
        outside[inside] = False
        check(is_missing(values[outside]), f"{name}{place}: missing beyond the run's")


def check_attributes(name, merged, file):
    for attribute in ("units", "long_name"):
        check(merged[name].attrs[attribute] == file[name].attrs[attribute], f"{name}: {attribute}")
    kind = merged[name].dtype
    if kind.kind in "fi":
        fill = merged[name].attrs["_FillValue"][0]
        check(fill.dtype == kind and (np.isnan(fill) if kind.kind == "f" else fill == FILL[kind.name]),
              f"{name}: _FillValue {fill}")
        check(merged[name].fillvalue == fill or np.isnan(fill), f"{name}: fill value")


def check_along(merged, places, files):
    """Trials, firms and phases: coordinates if runs agree, else variables of each run."""
    for name, own in (("trial_number", "trial"), ("firm_name", "firm"), ("phase", "phase")):
        apart = name in merged and merged[name].ndim > 1
        coordinate = merged[own][()]
        for place, file in zip(places, files):
            if file is None:
                check(not apart or is_missing(merged[name][place]), f"{name}{place}: missing")
                continue
            values = file[own][()]
            if apart:
                found = merged[name][place]
                check(same(found[:len(values)], values) and is_missing(found[len(values):]), f"{name}{place}")
            else:
                check(same(coordinate[:len(values)], values), f"{own}: as in every run")
        if apart and own != "phase":
            check(list(coordinate) == list(range(len(coordinate))), f"{own}: counted from 0")
    check(list(merged["epoch"]) == list(range(len(merged["epoch"]))), "epoch")
    check(list(merged["rank"]) == list(range(1, len(merged["rank"]) + 1)), "rank")
    check(list(merged["band"]) == list(range(len(merged["band"]))), "band")
    longest = max((file for file in files if file), key=lambda file: len(file["band"]))
    for name in BANDS:
        check(same(merged[name][()], longest[name][()]), f"{name}: the longest run's")
    check(merged["band_view"].attrs["flag_meanings"] == longest["band_view"].attrs["flag_meanings"], "names of views")


def check_about(merged, head, runs, places, files):
    texts = {"run_source": lambda f: f.attrs["source"], "run_created": lambda f: f.attrs["created"],
             "run_scenario": lambda f: f["scenario"].asstr()[()]}
    for run, place, file in zip(runs, places, files):
        check(merged["run_id"].asstr()[place] == run["id"], f"run_id{place}")
        check(merged["run_seed"][place] == (file.attrs["seed"] if file else FILL["int64"]), f"run_seed{place}")
        check((merged["run_status"][place] == 0) == (file is not None), f"run_status{place}")
        for name, text in texts.items():
            check(merged[name].asstr()[place] == (text(file) if file else ""), f"{name}{place}")
    check(merged["run_status"].attrs["flag_meanings"] == " ".join(STATES), "run_status: flag_meanings")
    check(list(merged["run_status"].attrs["flag_values"]) == [0, 1, 2, 3], "run_status: flag_values")
    for name in ("Conventions", "title", "source", "history", "created", "status", "coordinates"):
        check(isinstance(merged.attrs[name], str), f"attribute {name}")
    check(merged.attrs["title"] == (head["name"] or " ") and merged.attrs["merge_version"] == 1, "title, version")


def swept(merged, head):
    """Names of the variables of what was swept, by key."""
    found = {}
    merged.visititems(lambda name, item: found.update({item.attrs["parameter"]: name})
                      if "parameter" in item.attrs else None)
    check(set(found) == {p["key"] for p in head["parameters"]}, f"parameters {found}")
    return found


def check_swept(merged, head, runs):
    for parameter in head["parameters"]:
        name = swept(merged, head)[parameter["key"]]
        values = merged[name].asstr()[()] if parameter["type"] == "text" else merged[name][()]
        if head["grid"]:
            axis = next(a for a in head["grid"] if a["key"] == parameter["key"])
            check(list(values) == axis["values"], f"{name}: values of the axis")
            continue
        for run, value in zip(runs, values):
            wanted = run["values"].get(parameter["key"])
            if wanted is None:
                check(is_missing(np.asarray(value, dtype=object if isinstance(value, str) else values.dtype)),
                      f"{name}: not set in run {run['run']}")
            else:
                check(value == wanted, f"{name}: run {run['run']}: {value}, not {wanted}")
    if not head["grid"]:
        check(list(merged["run"]) == [run["run"] for run in runs], "run")


def variables(file, own):
    """Names of what is on the dimensions of a run."""
    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return [n for n in names if n.rpartition("/")[2] not in own and not n.startswith("quotes")]


def check_h5py(path, head, runs, places, files):
    present = [file for file in files if file is not None]
    with h5py.File(path) as merged:
        check_about(merged, head, runs, places, files)
        check_along(merged, places, files)
        check_swept(merged, head, runs)
        wanted = {name: file for file in present for name in variables(file, OWN + BANDS + ["update", "phase", "scenario"])}
        found = set(variables(merged, OWN + BANDS + ["update", "phase", "run"])) - ABOUT - set(swept(merged, head).values())
        check(set(wanted) == found, f"variables {set(wanted) ^ found}")
        for name in sorted(found & set(wanted)):
            check_attributes(name, merged, wanted[name])
            check_variable(name, merged, places, files)
        for name in found:
            for axis in merged[name].dims:
                check(len(axis) == 1 and axis[0].shape[0] > 0, f"{name}: a scale for each axis")


def check_readers(path, head, files):
    """netCDF4, xarray and ncdump see what h5py sees."""
    dims = [a["key"] for a in head["grid"]] if head["grid"] else ["run"]
    with h5py.File(path) as merged, netCDF4.Dataset(path) as file:
        names = [swept(merged, head)[key] if head["grid"] else key for key in dims]
        check(list(file.dimensions) == names + OWN, f"netCDF4: dimensions {list(file.dimensions)}")
        for group in [file] + list(file.groups.values()):
            for name, variable in group.variables.items():
                variable.set_auto_mask(False)
                raw = merged[group.path.lstrip("/") + "/" + name if group.path != "/" else name]
                values = np.asarray(variable[...])
                if values.dtype.kind == "U":
                    values = values.astype(object)
                check(same(values, raw[()]), f"netCDF4: {name}")
        for engine in ("h5netcdf", "netcdf4"):
            with xr.open_dataset(path, engine=engine) as data:
                data.load()
                check(data.reward.dims == tuple(names) + ("trial", "epoch", "firm"), f"{engine}: {data.reward.dims}")
                check(same(data.reward.values, merged["reward"][()]), f"{engine}: reward")
                count = data.quote_count.values
                check(count.dtype == np.float64, f"{engine}: integers that may be missing are real")
                raw = merged["quote_count"][()]
                check((np.isnan(count) == (raw == FILL["int64"])).all(), f"{engine}: missing integers")
                check({"run_id", "run_status"} | set(swept(merged, head).values()) <= set(data.coords),
                      f"{engine}: coordinates {list(data.coords)}")
            if "learning" in merged:
                with xr.open_dataset(path, engine=engine, group="learning") as data:
                    check(same(data.reference_kl.values, merged["learning/reference_kl"][()]), f"{engine}: learning")
    if shutil.which("ncdump"):
        done = subprocess.run(["ncdump", "-v", "reward,run_id,firm", path], capture_output=True, text=True, check=False)
        check(done.returncode == 0 and "reward =" in done.stdout, f"ncdump: {done.stderr[-200:]}")
    else:
        print("skipped: no ncdump")


def main(path, directory, *rest):
    head, runs = manifest(directory)
    broken = {b for a, b in zip(rest[::2], rest[1::2]) if a == "broken"}
    shape = [len(a["values"]) for a in head["grid"]] if head["grid"] else [len(runs)]
    places = [tuple(int(i) for i in np.unravel_index(n, shape)) for n in range(len(runs))]
    files = []
    for run in runs:
        name = os.path.join(directory, "runs", run["id"] + ".h5")
        files.append(h5py.File(name) if os.path.exists(name) and run["id"] not in broken else None)
    check_h5py(path, head, runs, places, files)
    for file in files:
        if file is not None:
            file.close()
    check_readers(path, head, files)
    print("failures:", len(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
