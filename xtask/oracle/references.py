#!/usr/bin/env python3
"""Compare what the native indexer says of its own completeness with CPython's tree.

    python references.py ROOT DATABASE

scip.coverage    total: names that are read and what is imported, stars included, exactly (more where types are texts in quotes); attributes, at least
                 those that are read and at most all; resolved: what is not in scip.unresolved
scip.unresolved  each row is a name, an attribute or an imported name of the tree, at its place, by its text

Exit code 1 on any difference.
"""
import ast
import sys
import warnings
from collections import Counter
from pathlib import Path

import duckdb


def places(tree):
    """What a reference of each kind may be, by its place: line from 0, column from 0 in bytes."""
    found = {"name": {}, "attribute": {}, "import": {}}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found["name"][node.lineno - 1, node.col_offset] = node.id
        elif isinstance(node, ast.Attribute):
            found["attribute"][node.end_lineno - 1, node.end_col_offset - len(node.attr.encode())] = node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found["import"][alias.lineno - 1, alias.col_offset] = alias.name
    return found


def count(tree):
    names, reads, attributes, imports, texts = 0, 0, 0, 0, False
    for node in ast.walk(tree):
        names += isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Attribute):
            attributes += 1
            reads += not isinstance(node.ctx, ast.Store)
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports += len(node.names)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            texts |= part is not None and any(isinstance(inner, ast.Constant) and isinstance(inner.value, str) for inner in ast.walk(part))
        # `cast("A", x)`, `TypeVar(bound="A")`, `list["A"]`: texts that stand for types outside of annotations.
        if isinstance(node, (ast.Call, ast.Subscript)):
            texts |= any(isinstance(inner, ast.Constant) and isinstance(inner.value, str) for inner in ast.iter_child_nodes(node))
    return names, reads, attributes, imports, texts


def main():
    root, database = Path(sys.argv[1]), sys.argv[2]
    warnings.simplefilter("ignore")
    connection = duckdb.connect(database, read_only=True)
    coverage, unresolved = {}, {}
    for path, kind, total, resolved in connection.execute("SELECT rel_path, kind, total, resolved FROM scip.coverage").fetchall():
        coverage.setdefault(path, {})[kind] = total, resolved
    for path, *row in connection.execute("SELECT rel_path, kind, start_line, start_col, text FROM scip.unresolved").fetchall():
        unresolved.setdefault(path, []).append(row)
    differences, references, files = [], 0, 0
    for path, kinds in coverage.items():
        try:
            source = (root / path).read_bytes()
            tree = ast.parse(source)
        except (SyntaxError, ValueError):
            continue
        files += 1
        names, reads, attributes, imports, texts = count(tree)
        totals = {kind: kinds.get(kind, (0, 0))[0] for kind in ("name", "attribute", "import")}
        references += sum(totals.values())
        right = {
            "name": totals["name"] >= names if texts else totals["name"] == names,
            "attribute": reads <= totals["attribute"] <= attributes or texts,
            "import": totals["import"] == imports,
        }
        differences += [(path, kind, totals[kind], (names, reads, attributes, imports)) for kind, is_right in right.items() if not is_right]
        missing = Counter(kind for kind, *_ in unresolved.get(path, ()))
        differences += [(path, kind, pair, missing[kind]) for kind, pair in kinds.items() if pair[0] - pair[1] != missing[kind]]
        found = places(tree)
        for kind, line, column, text in unresolved.get(path, ()):
            if found[kind].get((line, column)) != text and not texts:
                differences.append((path, kind, line + 1, column, text, found[kind].get((line, column))))
    for difference in differences[:20]:
        print(*difference)
    print(f"references: {references} in {files} files, {sum(map(len, unresolved.values()))} of them unresolved: {len(differences)} differences")
    sys.exit(bool(differences))


main()
