#!/usr/bin/env python3
"""Compare every number and text that `pursuit export` has written with the results file.

Usage: check_tables.py FILE.h5 DIR

Exits 1 if anything differs, 77 if h5py is not there.
"""

import csv
import math
import os
import sys

try:
    import h5py
except ImportError:
    sys.exit(77)

TABLES = {
    "firms.csv": ("trial", "firm"),
    "market.csv": ("trial", "epoch"),
    "epochs.csv": ("trial", "epoch", "firm"),
    "ranks.csv": ("trial", "epoch", "firm", "rank"),
    "portfolio.csv": ("trial", "epoch", "firm", "category"),
    "targets.csv": ("trial", "firm", "category"),
    "bands.csv": ("trial", "firm", "band"),
    "learning.csv": ("trial", "firm", "update"),
    "rounds.csv": ("quote",),
    "quotes.csv": ("quote", "firm"),
}
KEYS = {"trial": ["trial"], "epoch": ["epoch", "phase"], "firm": ["firm_index", "firm"], "rank": ["rank"],
        "category": ["category", "category_description"], "update": ["update"],
        "band": ["view", "band", "low", "high"], "quote": ["quote"]}


class Results:
    def __init__(self, path):
        self.file = h5py.File(path)
        self.text = lambda name: self.file[name].asstr()[()]
        self.firms = list(self.text("firm"))
        self.categories = self.text("category_description")
        self.phases = self.file["phase"].attrs["flag_meanings"].split()
        self.phase = self.file["phase"][()]
        learning = self.file.get("learning", {})
        self.coordinates = {name: self.file[name][()] for name in ("trial", "epoch", "rank")}
        if "update" in learning:
            self.coordinates["update"] = learning["update"][()]

    def group_of(self, dims):
        return ["quotes"] if dims[0] == "quote" else ["/", "learning"]

    def dims_of(self, dataset):
        names = [scale[0].name.split("/")[-1] if len(scale) else None for scale in dataset.dims]
        return tuple(names)

    def variables(self, dims):
        """Numeric variables on these dimensions, in the file's order."""
        found = {}
        for group in self.group_of(dims):
            for name, item in self.file.get(group, {}).items():
                if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" and not h5py.h5ds.is_scale(item.id) \
                        and self.dims_of(item) == dims:
                    found[name] = item
        return found

    def keys_at(self, dims, at):
        """The fields that say which row it is."""
        fields = {}
        for dim, i in zip(dims, at):
            if dim in self.coordinates:
                fields[dim] = str(self.coordinates[dim][i])
            if dim == "epoch":
                fields["phase"] = self.phases[self.phase[i]]
            if dim == "firm":
                fields.update(firm_index=str(i), firm=self.firms[i])
            if dim == "category":
                place = dict(zip(dims, at))
                fields.update(category=str(i),
                              category_description=self.categories[place["trial"], place["firm"], i].strip())
            if dim == "quote":
                fields["quote"] = str(i)
        return fields


def same(text, value):
    if isinstance(value, float):
        return text == "" if math.isnan(value) else text != "" and float(text).hex() == value.hex()
    return text == str(value)


def places(shape):
    """Indices in row-major order."""
    at = [0] * len(shape)
    while True:
        yield tuple(at)
        d = len(shape) - 1
        while d >= 0 and at[d] + 1 == shape[d]:
            at[d] = 0
            d -= 1
        if d < 0:
            return
        at[d] += 1


def check_table(results, path, name, dims, dictionary):
    variables = results.variables(dims)
    assert variables, f"{name}: the results file has nothing for it"
    keys = [key for dim in dims for key in KEYS[dim]]
    labels = {f"{v}_label": v for v, d in variables.items() if "flag_meanings" in d.attrs}
    meanings = {label: variables[v].attrs["flag_meanings"].split() for label, v in labels.items()}
    values = {v: d[()].reshape(-1).tolist() for v, d in variables.items()}
    shape = next(iter(variables.values())).shape
    left_out = 0
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = rows.fieldnames
        assert columns[:len(keys)] == keys, f"{name}: columns {columns}"
        assert sorted(columns[len(keys):]) == sorted([*variables, *labels]), f"{name}: columns {columns}"
        assert [row["column"] for row in dictionary] == columns, f"{name}: the dictionary has other columns"
        for i, at in enumerate(places(shape)):
            fields = results.keys_at(dims, at)
            if not fields.get("category_description") and \
                    all(isinstance(v[i], float) and math.isnan(v[i]) for v in values.values()):
                left_out += 1
                continue
            row = next(rows, None)
            assert row is not None, f"{name}: ends before {fields}"
            for key, field in fields.items():
                assert row[key] == field, f"{name}, row {i}: {key} is {row[key]!r}, not {field!r}"
            for v in variables:
                assert same(row[v], values[v][i]), f"{name}, row {i}: {v} is {row[v]!r}, not {values[v][i]!r}"
            for label, v in labels.items():
                assert row[label] == meanings[label][values[v][i]], f"{name}, row {i}: {label} is {row[label]!r}"
        assert next(rows, None) is None, f"{name}: too many rows"
    for row in dictionary:
        check_words(row, variables, name)
    return i + 1 - left_out


def check_words(row, variables, name):
    assert all(row[field] for field in row), f"{name}: an empty word for {row['column']}"
    if row["column"] in variables:
        variable = variables[row["column"]]
        assert row["unit"] == variable.attrs["units"], f"{name}: unit of {row['column']}"
        assert row["meaning"] == variable.attrs["long_name"], f"{name}: meaning of {row['column']}"
        assert row["type"] == ("number" if variable.dtype.kind == "f" else "integer"), f"{name}: {row['column']}"


def check_run(results, path):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert str(results.file.attrs[row["name"]]).strip() == row["value"].strip(), f"run.csv: {row['name']}"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    results, folder = Results(sys.argv[1]), sys.argv[2]
    with open(os.path.join(folder, "dictionary.csv"), encoding="utf-8", newline="") as file:
        dictionary = list(csv.DictReader(file))
    written = sorted({row["table"] for row in dictionary} | {"dictionary.csv"})
    assert sorted(os.listdir(folder)) == written, f"{os.listdir(folder)} are not what the dictionary has"
    check_run(results, os.path.join(folder, "run.csv"))
    for name, dims in TABLES.items():
        if name not in written:
            assert dims[0] == "quote" or not results.variables(dims), f"{name} is missing"
            continue
        words = [row for row in dictionary if row["table"] == name]
        n = check_table(results, os.path.join(folder, name), name, dims, words)
        print(f"{name}: {n} rows as in the file")
    return 0


if __name__ == "__main__":
    sys.exit(main())
