#!/usr/bin/env python3
"""Hold the notebooks that are kept to what scripts/notebooks writes, and execute copies of them on a small market.

Usage: check_notebooks.py PURSUIT SOURCE_DIR
"""

import copy
import pathlib
import subprocess
import sys
import tempfile

import nbformat

PURSUIT = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(sys.argv[2]).resolve()
FOLDER = SOURCE / "notebooks"
sys.path.insert(0, str(FOLDER))

import tool  # noqa: E402

PASSED, FAILURES = [], []


def check(ok, what):
    (PASSED if ok else FAILURES).append(what)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def check_kept(kept):
    """Those in the folder are executed as they stand, and the folder's page tells of each."""
    page = (FOLDER / "README.md").read_text()
    check(len(kept) >= 5, f"{len(kept)} notebooks")
    for name, notebook in kept.items():
        for fault in tool.faults(notebook):
            check(False, f"{name}: {fault}")
        check(f"({name})" in page, f"notebooks/README.md does not tell of {name}")
    check('xr.open_dataset("run.h5")' in kept["01_first_run.ipynb"].cells[0].source, "the first run opens run.h5")


def spoilt(notebook):
    """(what is wrong, a word of the fault that must be told of, notebook)"""
    code = [n for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    figure = next(n for n in code if "plt.show()" in notebook.cells[n].source)

    def with_change(change):
        changed = copy.deepcopy(notebook)
        change(changed.cells)
        return changed

    def put(cells, output):
        cells[code[1]].outputs.append(nbformat.v4.new_output(**output))

    yield "edited", "edited", with_change(lambda cells: cells[code[1]].update(source="1"))
    yield "out of order", "executed as", with_change(lambda cells: cells[code[1]].update(execution_count=7))
    yield "never executed", "executed as", with_change(lambda cells: cells[code[-1]].update(execution_count=None))
    yield "without a figure", "shows no figure", with_change(lambda cells: cells[figure].update(outputs=[]))
    yield "with a warning", "warns", with_change(
        lambda cells: put(cells, {"output_type": "stream", "name": "stderr", "text": "UserWarning"}))
    yield "with an error", "failed", with_change(
        lambda cells: put(cells, {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}))
    yield "with a path", "path", with_change(
        lambda cells: put(cells, {"output_type": "stream", "name": "stdout", "text": "in /home/anybody/run.h5"}))
    yield "with times", "tidied", with_change(lambda cells: cells[code[0]].metadata.update(execution={"x": "2020"}))
    yield "that opens nothing", "opens no", with_change(lambda cells: cells.insert(0, cells[code[1]]))


def check_faults(notebook):
    """A check that finds nothing wrong is worth what it would have found."""
    for what, word, changed in spoilt(notebook):
        check(any(word in fault for fault in tool.faults(changed)), f"a notebook {what} passes")


def kinds(notebook):
    return [[sorted(o.get("data", {})) or o.output_type for o in cell.outputs] for cell in code_of(notebook)]


def check_executed(kept, folder):
    """Copies work on another market, and put out what those kept do; what is kept is let be."""
    before = {path: path.read_bytes() for path in FOLDER.glob("*.ipynb")}
    done = subprocess.run([SOURCE / "scripts/notebooks", "--quick", "--program", PURSUIT, "--output", folder],
                          capture_output=True, text=True, check=False, env=None)
    check(done.returncode == 0, f"scripts/notebooks: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    if done.returncode != 0:
        return
    for name, notebook in kept.items():
        executed = nbformat.read(folder / name, as_version=4)
        check([c.source for c in executed.cells] == [c.source for c in notebook.cells], f"{name}: sources changed")
        check(kinds(executed) == kinds(notebook), f"{name}: other outputs than in the one that is kept")
    check(before == {path: path.read_bytes() for path in FOLDER.glob("*.ipynb")}, "notebooks/ was changed")


def check_refused(folder):
    for arguments, word in ((["--program", PURSUIT, "--quick"], "--output"), (["--program", "none"], "no program"), (["--bad"], "--bad"),
                            (["--program", PURSUIT, "--data", "--figures"], "nothing to do")):
        done = subprocess.run([SOURCE / "scripts/notebooks", *arguments], capture_output=True, text=True, check=False)
        check(done.returncode == 2 and word in done.stderr, f"{arguments}: {done.returncode} {done.stderr}")
    empty = folder / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), empty)
    done = subprocess.run([sys.executable, "-B", FOLDER / "tool.py", "check", empty], capture_output=True, check=False)
    check(done.returncode == 1, f"tool.py check of a notebook never executed: {done.returncode}")


def main():
    kept = {path.name: nbformat.read(path, as_version=4) for path in sorted(FOLDER.glob("*.ipynb"))}
    check_kept(kept)
    check_faults(kept["01_first_run.ipynb"])
    with tempfile.TemporaryDirectory(prefix="pursuit-notebooks-test.") as folder:
        check_refused(pathlib.Path(folder))
        check_executed(kept, pathlib.Path(folder) / "executed")
    for failure in FAILURES:
        print(failure, file=sys.stderr)
    print(f"{len(PASSED)} passed, {len(FAILURES)} failed")
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
