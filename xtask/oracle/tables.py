#!/usr/bin/env python3
"""Compare the tables of `core` with independent answers, mostly CPython's own.

    python tables.py ROOT DATABASE

core.ast_nodes     every node with a position and the Module: number, parent, field, place in the field, class, name, four
                   positions (ast); byte offsets that lead to the same places; qualified names, decorators, docstrings
core.ast_metrics   node and definition counts, depths, statements (ast), McCabe's complexity (radon), lines (tokenize)
core.docstrings    values and lines (ast); parameters and exceptions of sphinx and numpy styles (docstring_parser)
core.goids         kinds, spans, ordinals (ast), 128-bit ids (hashlib), URNs
core.file_state    sizes and times (os.stat), hashes (hashlib)
core.modules       names that lead the import system back to the file (importlib)
core.problems      files that CPython refuses, and only those

Exit code 1 on any difference.
"""
import ast
import hashlib
import importlib.machinery
import io
import json
import os
import re
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import docstring_parser
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
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = data.decode(encoding).removeprefix("\ufeff").encode()
    return text, [0, *(m.end() for m in LINE_BREAK.finditer(text))]


class Check:
    def __init__(self, connection):
        self.connection, self.differences, self.nodes, self.files = connection, Counter(), 0, 0
        self.parsed, self.unlike = 0, []
        (self.repo,), = connection.execute("SELECT repo FROM core.snapshots").fetchall()
        # What a file's types cost is no word of CPython's.
        refusals = "SELECT DISTINCT rel_path FROM core.problems WHERE stage <> 'index'"
        self.problems = {p for (p,) in connection.execute(refusals).fetchall()}
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
        self.lines(path, text.decode())
        self.docstrings(path, tree, definitions)
        self.goids(path, tree, definitions)

    def lines(self, path, text):
        """Physical lines, lines with nothing but a comment, and blank lines outside of strings."""
        lines = LINE_BREAK.split(text.encode())
        total = len(lines) - (lines[-1] == b"")
        used, comments = set(), set()
        layout = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(text, newline=None).readline))
        except (tokenize.TokenError, IndentationError, SyntaxError):
            return
        for token in tokens:
            if token.type in layout:
                continue
            if token.type == tokenize.COMMENT and token.start[0] not in used:
                comments.add(token.start[0])
            used.update(range(token.start[0], token.end[0] + 1))
        blank = sum(1 for number in range(1, total + 1) if number not in used and not lines[number - 1].strip())
        mine, = self.rows("ast_metrics", "loc, comment_lines, blank_lines", path)
        if mine != (total, len(comments), blank):
            self.differ("lines", path, f"{mine} is not {(total, len(comments), blank)}")

    def docstrings(self, path, tree, definitions):
        rows = {row[0:2]: row[2:] for row in self.rows(
            "docstrings", "qualname, lineno, end_lineno, raw_docstring, style, params, raises", path)}
        nodes = [node for node in ast.walk(tree) if isinstance(node, DEFINITIONS)]
        expected = {}
        for node in nodes:
            raw = ast.get_docstring(node, clean=False)
            if raw is not None:
                expected[node.body[0].lineno] = (node.body[0].value.end_lineno, SURROGATE.sub("\ufffd", raw), ast.get_docstring(node))
        found = {lineno: row for (_, lineno), row in rows.items()}
        if {n: row[:2] for n, row in found.items()} != {n: e[:2] for n, e in expected.items()}:
            self.differ("docstring", path, sorted(found.keys() ^ expected.keys()))
        for lineno, (_, _, style, params, raises) in found.items():
            reference = {"sphinx": docstring_parser.rest.parse, "numpy": docstring_parser.numpydoc.parse}.get(style)
            if reference is None or lineno not in expected:
                continue
            try:
                theirs = reference(expected[lineno][2])
            except docstring_parser.ParseError:
                continue
            self.parsed += 1
            names = {p.arg_name for p in theirs.params if p.args[:1] != ["attribute"] and p.arg_name}
            mine = {p["name"] for p in json.loads(params)}
            if style == "numpy":  # one entry may name several
                names, mine = ({n.strip("* ") for name in side for n in name.split(",")} for side in (names, mine))
            errors, mine_errors = {e.type_name for e in theirs.raises}, {e["type"] for e in json.loads(raises)}
            if names != mine or errors - {None} != mine_errors - {None}:
                self.unlike.append((path, lineno, sorted(names ^ mine), sorted(errors ^ mine_errors, key=str)))

    def goids(self, path, tree, definitions):
        expected, seen = set(), Counter()
        scopes = {}
        for number, parent, _, _, node, _ in expected_nodes(tree):
            scopes[number] = scope = scopes.get(parent)
            if not isinstance(node, DEFINITIONS):
                continue
            scopes[number] = node
            kind = ("module" if isinstance(node, ast.Module) else "class" if isinstance(node, ast.ClassDef)
                    else "method" if isinstance(scope, ast.ClassDef) else "function")
            qualname = definitions[number][0]
            ordinal = seen[kind, qualname]
            seen[kind, qualname] += 1
            start = min([getattr(node, "lineno", 1), *(d.lineno for d in getattr(node, "decorator_list", []))])
            end = getattr(node, "end_lineno", None)
            name = f"{self.repo}:python:{path}:{kind}:{qualname}:{ordinal}"
            digest = int.from_bytes(hashlib.md5(name.encode()).digest(), "little")
            urn = f"goid:{self.repo}/{path}#python:{kind}:{qualname}?s={start}" + (f"&e={end}" if end else "")
            expected.add((digest, urn))
        mine = {(int(h), urn) for h, urn in self.rows("goids", "goid_h128::VARCHAR, urn", path)}
        if mine != expected:
            self.differ("goid", path, sorted(mine ^ expected, key=lambda row: row[1])[:4])

    def state(self, root):
        """Sizes, times and hashes of all files, and the way from a module's name back to its file."""
        rows = self.connection.execute("SELECT rel_path, size_bytes, mtime_ns, content_hash FROM core.file_state").fetchall()
        for path, size, mtime, digest in rows:
            stat = os.stat(root / path)
            expected = (stat.st_size, stat.st_mtime_ns, hashlib.blake2b((root / path).read_bytes(), digest_size=16).hexdigest())
            if (size, mtime, digest) != expected:
                self.differ("state", path, f"{(size, mtime, digest)} is not {expected}")
        for path, module in self.modules.items():
            if not path.endswith(".py") or not all(part.isidentifier() for part in module.split(".")):
                continue
            folders, origin = [str(root)], None
            for part in module.split("."):
                spec = importlib.machinery.PathFinder.find_spec(part, folders)
                folders, origin = (spec.submodule_search_locations or [], spec.origin) if spec else ([], None)
            if origin != str(root / path):
                self.differ("module", path, f"{module} leads to {origin}")


def main():
    root, database = Path(sys.argv[1]), sys.argv[2]
    sys.setrecursionlimit(100_000)
    check = Check(duckdb.connect(database, read_only=True))
    check.state(root)
    for path in sorted(check.modules):
        check.file(path, (root / path).read_bytes())
    print(f"{check.nodes} nodes of {check.files} files compared with CPython {sys.version.split()[0]}: "
          f"{sum(check.differences.values())} differences {dict(check.differences) or ''}")
    if check.parsed:
        print(f"{check.parsed} docstrings compared with docstring_parser: {len(check.unlike)} differ")
        for unlike in check.unlike[:10]:
            print("  ", *unlike)
    sys.exit(bool(check.differences))


if __name__ == "__main__":
    main()
