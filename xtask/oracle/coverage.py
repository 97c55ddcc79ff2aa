#!/usr/bin/env python3
"""Compare analytics.function_types with the `coverage report` of pyrefly.

    python coverage.py ROOT DATABASE

For each function that pyrefly reports, what can be annotated (parameters, and the result but that of `__init__`) and what is; then both sums.
Pyrefly reports neither functions inside of functions, nor methods of classes inside of functions, nor those in unreachable branches, and of several
definitions of one name one only: these are left out of the sums. Overloaded functions are left out, too: pyrefly counts the signature that
they have together. Exit code 1 on any difference.
"""
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb

# Special methods of which Python itself gives the type of the result, or of the first parameters: pyrefly does not ask for these.
RESULT_IS_GIVEN = {
    "__bool__", "__contains__", "__del__", "__delattr__", "__delete__", "__delitem__", "__dir__", "__hash__", "__init__", "__init_subclass__", "__instancecheck__",
    "__int__", "__len__", "__repr__", "__set__", "__set_name__", "__setattr__", "__setitem__", "__str__", "__subclasscheck__",
}
PARAMETERS_ARE_GIVEN = {"__aexit__": 3, "__delattr__": 1, "__exit__": 3, "__getattr__": 1, "__getattribute__": 1, "__set_name__": 1, "__setattr__": 1}
PYREFLY = Path(sys.executable).parent / "pyrefly"


def main():
    root, database = Path(sys.argv[1]).resolve(), sys.argv[2]
    os.chdir(root)
    paths = {}
    connection = duckdb.connect(database, read_only=True)
    rows = connection.execute(
        "SELECT rel_path, qualname, start_line, end_line, total_params, annotated_params, has_return_annotation, is_overload, kind "
        "FROM analytics.function_types").fetchall()
    for path, name, *row in rows:
        paths.setdefault(path, []).append((name, *row))
    output = subprocess.run([PYREFLY, "coverage", "report", *sorted(paths)], capture_output=True, text=True).stdout
    functions = left_out = 0
    sums, differences = Counter(), []
    for module in json.loads(output)["module_reports"]:
        path = os.path.relpath(module["path"], root)
        if path not in paths:
            continue
        overloaded = {name for name, *_, is_overload, _ in paths[path] if is_overload}
        for symbol in module["symbol_reports"]:
            if symbol["kind"] not in ("function", "method", "property"):
                continue
            # Decorators belong to a definition, which may have been defined before.
            line = symbol["location"]["line"]
            last = symbol["name"].rpartition(".")[2]
            here = [row for row in paths[path] if row[0].rpartition(".")[2] == last and row[1] <= line <= row[2]]
            here = [row for row in here if row[0] not in overloaded]
            if not here or symbol["kind"] == "property":
                left_out += 1
                continue
            name, _, _, total, annotated, has_return, _, kind = max(here, key=lambda row: row[1])
            result = last not in RESULT_IS_GIVEN
            # `def method(*args)`: the object is one of them, so pyrefly takes them for `self`.
            source = (root / path).read_text(errors="replace").splitlines()[line - 1]
            has_self_in_args = kind == "method" and re.search(r"def \w+\(\*\w", source) is not None
            given = min(total, PARAMETERS_ARE_GIVEN.get(last, 0)) or has_self_in_args
            ours = (total - given + result, annotated - min(annotated, given) + (has_return and result))
            theirs = (symbol["n_typable"], symbol["n_typed"] + symbol["n_any"])
            functions += 1
            sums.update(ours_all=ours[0], ours_typed=ours[1], theirs_all=theirs[0], theirs_typed=theirs[1])
            if ours != theirs:
                differences.append((path, line, symbol["kind"], symbol["name"], ours, theirs))
    for difference in differences[:30]:
        print(*difference)
    print(f"coverage: {functions} functions compared, {left_out} left out, {dict(sums)}: {len(differences)} differences")
    sys.exit(bool(differences))


main()
