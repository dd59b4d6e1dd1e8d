#!/usr/bin/env python3
"""What scripts/notebooks does to notebooks once nbconvert has executed them.

tool.py tidy FILE...    take out what differs from one execution to the next, and note which sources were executed
tool.py check FILE...   is each as `tidy` leaves it: executed whole, as it stands, without a warning? Exit code 1 if not
"""

import hashlib
import json
import pathlib
import re
import sys

import nbformat

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# A folder of somebody's machine, be it in code, in text or in a table's HTML.
MACHINE_PATH = re.compile(r"(?<![\w.:/<])/(?:home|root|tmp|work|usr|Users|mnt|scratch|var|opt)/\w")


HELPERS = pathlib.Path(__file__).with_name("helpers.py")


def sources_of(notebook):
    """One number for all that is executed; words between may change without another execution."""
    code = [HELPERS.read_text(), *(cell.source for cell in notebook.cells if cell.cell_type == "code")]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def tidy(notebook):
    notebook.metadata = nbformat.from_dict(dict(METADATA, pursuit={"executed_sources_sha256": sources_of(notebook)}))
    for number, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({})
        cell.id = f"cell-{number:02d}"
        for output in cell.get("outputs", []):
            # pandas names a styled table by a random number
            for kind, text in output.get("data", {}).items():
                if kind == "text/html":
                    output.data[kind] = re.sub(r"\bT_[0-9a-f]{5}", f"T_{number:05d}", text)
                elif kind == "text/plain":
                    output.data[kind] = re.sub(r" at 0x[0-9a-f]+", "", text)


def faults_of_cell(cell, number):
    outputs = cell.outputs
    if cell.execution_count != number:
        yield f"code cell {number} was executed as {cell.execution_count}"
    for output in outputs:
        if output.output_type == "error":
            yield f"code cell {number} failed: {output.ename}"
        if output.output_type == "stream" and output.name != "stdout":
            yield f"code cell {number} warns: {output.text[:200]}"
    if "plt.show()" in cell.source and not any("image/png" in o.get("data", {}) for o in outputs):
        yield f"code cell {number} shows no figure"


def faults(notebook):
    """What is wrong with an executed notebook, in words."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if notebook.cells[0].cell_type != "code" or not re.search(r'xr\.open_dataset\("[^"/]+\.h5"\)', code[0].source):
        yield "the first cell opens no results file"
    for number, cell in enumerate(code, 1):
        yield from faults_of_cell(cell, number)
    if not any("image/png" in o.get("data", {}) for cell in code for o in cell.outputs):
        yield "no figure"
    if notebook.metadata.get("pursuit", {}).get("executed_sources_sha256") != sources_of(notebook):
        yield "edited since it was executed: `make notebooks`"
    tidied = nbformat.from_dict(json.loads(json.dumps(notebook)))
    tidy(tidied)
    if tidied != notebook:
        yield "not tidied: `make notebooks`"
    for output in (o for cell in tidied.cells for o in cell.get("outputs", [])):
        output.get("data", {}).pop("image/png", None)  # letters at random
    path = MACHINE_PATH.search(nbformat.writes(tidied))
    if path:
        yield f"a path of a machine: {path.group()}..."


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("tidy", "check"):
        sys.exit(__doc__)
    bad = False
    for name in arguments[1:]:
        path = pathlib.Path(name)
        notebook = nbformat.read(path, as_version=4)
        if arguments[0] == "tidy":
            tidy(notebook)
            path.write_text(nbformat.writes(notebook) + "\n")
            continue
        for fault in faults(notebook):
            bad = True
            print(f"{path.name}: {fault}", file=sys.stderr)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
