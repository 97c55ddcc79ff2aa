#!/usr/bin/env python3
"""Compare `core.ast_nodes`, `core.ast_metrics` and `core.docstrings` with CPython's own answers.

    python ast_nodes.py ROOT DATABASE

Every node with a position and the Module: number, parent, field, place in the field, class, name, four positions. Byte
offsets must lead to the same text as the positions. Qualified names, decorators and docstrings of definitions.
Metrics: node and definition counts, depths, statements, McCabe's complexity by radon. Exit code 1 on any difference.
Files that CPython refuses must have a row in `core.problems`, and only those.
"""
import ast
import inspect
import json
import re
import sys
import warnings
from collections import Counter
from pathlib import Path

import duckdb
from radon.visitors import ComplexityVisitor

NAME_FIELDS = ("id", "name", "attr", "arg", "module")
DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
LINE_BREAK = re.compile(rb"\r\n|\r|\n")
SURROGATE = re.compile("[\ud800-\udfff]")


def name_of(node):
    for field in NAME_FIELDS:
        value = getattr(node, field, None)
        if isinstance(value, str):
            return value
    return None


def expected_nodes(tree):
    """(id, parent, field, position, node, depth) of all nodes in pre-order."""
    stack, number = [(tree, None, None, None, 1)], 0
    while stack:
        node, parent, field, position, depth = stack.pop()
        yield number, parent, field, position, node, depth
        below = []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                below.append((value, number, name, None, depth + 1))
            elif isinstance(value, list):
                below += [(item, number, name, i, depth + 1) for i, item in enumerate(value) if isinstance(item, ast.AST)]
        stack.extend(reversed(below))
        number += 1


class Visitor(ComplexityVisitor):
    """radon 6.0.1 overlooks `except*`."""

    def generic_visit(self, node):
        if type(node).__name__ == "TryStar":
            self.complexity += len(node.handlers) + bool(node.orelse)
        super().generic_visit(node)


def complexity_of(tree):
    total = 1
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = 1
            for child in node.body:
                visitor = Visitor(off=False)
                visitor.visit(child)
                body += visitor.complexity
            total += body
    return total


def text_of(data):
    """The decoded text in UTF-8 without a byte order mark, and where its lines begin."""
    import io
    import tokenize
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = data.decode(encoding).removeprefix("\ufeff").encode()
    return text, [0, *(m.end() for m in LINE_BREAK.finditer(text))]


class Check:
    def __init__(self, connection):
        self.connection, self.differences, self.nodes, self.files = connection, Counter(), 0, 0
        self.problems = {p for (p,) in connection.execute("SELECT DISTINCT rel_path FROM core.problems").fetchall()}
        self.modules = dict(connection.execute("SELECT path, module FROM core.modules").fetchall())

    def differ(self, kind, path, detail):
        self.differences[kind] += 1
        if self.differences[kind] <= 10:
            print(f"{kind}: {path}: {detail}")

    def rows(self, table, columns, path):
        sql = f"SELECT {columns} FROM core.{table} WHERE rel_path = ?"
        return self.connection.execute(sql, [path]).fetchall()

    def file(self, path, data):
        self.files += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(data)
        except (SyntaxError, ValueError) as error:
            if path not in self.problems:
                self.differ("not refused", path, error)
            return
        if path in self.problems:
            self.differ("refused", path, self.rows("problems", "message, lineno", path)[:2])
            return
        text, starts = text_of(data)
        module = self.modules[path]
        expected, definitions, qualnames, depths, nodes = {}, {}, {}, [], 0
        for number, parent, field, position, node, depth in expected_nodes(tree):
            nodes += 1
            depths.append(depth)
            qualnames[number] = scope = qualnames.get(parent)
            if isinstance(node, DEFINITIONS):
                qualnames[number] = f"{scope}.{node.name}" if scope else module
                decorators = [ast.get_source_segment(text.decode(), d) for d in getattr(node, "decorator_list", [])]
                definitions[number] = (qualnames[number], scope, decorators or None, ast.get_docstring(node))
            if hasattr(node, "lineno") or number == 0:
                place = tuple(getattr(node, a, None) for a in ("lineno", "col_offset", "end_lineno", "end_col_offset"))
                expected[number] = (parent, field, position, type(node).__name__, name_of(node), *place)
        self.nodes += len(expected)
        columns = ("node_id, parent_id, field, position, node_type, name, lineno, col_offset, end_lineno, end_col_offset, "
                   "start_byte, end_byte, qualname, parent_qualname, decorators, docstring")
        found = {row[0]: row[1:] for row in self.rows("ast_nodes", columns, path)}
        for number in expected.keys() | found.keys():
            mine, theirs = found.get(number), expected.get(number)
            if mine is None or theirs is None or mine[:9] != theirs:
                self.differ(f"node {(theirs or mine)[3]}", path, f"{number}: {mine and mine[:9]} is not {theirs}")
                continue
            if theirs[5] is not None:
                offsets = (starts[theirs[5] - 1] + theirs[6], starts[theirs[7] - 1] + theirs[8])
                if mine[9:11] != offsets:
                    self.differ("offset", path, f"{number}: {mine[9:11]} is not {offsets}")
            if number in definitions:
                qualname, scope, decorators, docstring = definitions[number]
                if docstring is not None:
                    docstring = SURROGATE.sub("\ufffd", docstring)
                mine_decorators = mine[13] and json.loads(mine[13])
                if (mine[11], mine[12], mine_decorators, mine[14]) != (qualname, scope, decorators, docstring):
                    self.differ("definition", path, f"{mine[11:]} is not {definitions[number]}")
        statements = sum(isinstance(node, ast.stmt) for node in ast.walk(tree))
        counts = Counter(type(node).__name__ for node in ast.walk(tree))
        metrics = (nodes, counts["FunctionDef"] + counts["AsyncFunctionDef"], counts["ClassDef"], max(depths),
                   complexity_of(tree), statements)
        columns = "node_count, function_count, class_count, max_depth, complexity::INTEGER, logical_loc, avg_depth"
        (*mine, average), = self.rows("ast_metrics", columns, path)
        if tuple(mine) != metrics or abs(average - sum(depths) / nodes) > 1e-9:
            self.differ("metrics", path, f"{mine} is not {metrics}")
        raw = {d[0]: inspect.cleandoc(d[1]) for d in self.rows("docstrings", "qualname, raw_docstring", path)}
        for qualname, _, _, docstring in definitions.values():
            if docstring is not None and qualname not in raw:
                self.differ("docstring", path, qualname)


def main():
    root, database = Path(sys.argv[1]), sys.argv[2]
    sys.setrecursionlimit(100_000)
    check = Check(duckdb.connect(database, read_only=True))
    for path in sorted(check.modules):
        check.file(path, (root / path).read_bytes())
    print(f"{check.nodes} nodes of {check.files} files compared with CPython {sys.version.split()[0]}: "
          f"{sum(check.differences.values())} differences {dict(check.differences) or ''}")
    sys.exit(bool(check.differences))


if __name__ == "__main__":
    main()
