#!/usr/bin/env python3
"""Compare the tables of types with counts of our own on CPython's tree and tokens.

    python annotations.py ROOT DATABASE

analytics.function_types  every function: parameters with kinds and annotations, result, decorators, bucket (ast)
analytics.typedness       sums over the functions of each file (ast)
analytics.type_escapes    comments `# type: ignore` (tokenize, a regular expression); `Any` and calls of `cast` (ast)

Exit code 1 on any difference.
"""
import ast
import io
import json
import re
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import duckdb

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
IGNORE = re.compile(r"(?:^|#)\s*(type|mypy|pyright|pyrefly|ty):\s*ignore(?:\s*\[([^]#]*)\]|(?=\s|#|$))")
TYPING = ("typing", "typing_extensions")


class Functions(ast.NodeVisitor):
    """Functions with the scope around them, found by the visitor's own recursion."""

    def __init__(self, text, module):
        self.text, self.scopes, self.found = text, [(module, False)], []

    def visit_ClassDef(self, node):
        self.nest(node, True)

    def visit_FunctionDef(self, node):
        self.found.append((node, *self.scopes[-1]))
        self.nest(node, False)

    visit_AsyncFunctionDef = visit_FunctionDef

    def nest(self, node, is_class):
        self.scopes.append((f"{self.scopes[-1][0]}.{node.name}", is_class))
        self.generic_visit(node)
        self.scopes.pop()

    def source(self, node):
        return node and ast.get_source_segment(self.text, node)

    def rows(self):
        for node, scope, in_class in self.found:
            decorators = {ast.unparse(d).rpartition(".")[2] for d in node.decorator_list}
            a = node.args
            positional = [(p, "positional_only") for p in a.posonlyargs] + [(p, "positional_or_keyword") for p in a.args]
            if in_class and "staticmethod" not in decorators:
                positional = positional[1:]
            others = [(a.vararg, "var_positional")] + [(p, "keyword_only") for p in a.kwonlyargs] + [(a.kwarg, "var_keyword")]
            params = [(p, kind) for p, kind in positional + others if p is not None]
            annotated = sum(p.annotation is not None for p, _ in params)
            done, all_of_it = annotated + (node.returns is not None), len(params) + 1
            body = node.body[1:] if len(node.body) == 2 and ast.get_docstring(node, clean=False) is not None else node.body
            stub = len(body) == 1 and isinstance(body[0], ast.Expr) and getattr(body[0].value, "value", None) is Ellipsis \
                and isinstance(body[0].value, ast.Constant)
            yield (f"{scope}.{node.name}", min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno,
                   len(params), annotated, self.source(node.returns),
                   tuple((p.arg, kind, self.source(p.annotation)) for p, kind in params),
                   "untyped" if done == 0 else "typed" if done == all_of_it else "partial", "overload" in decorators,
                   bool(decorators & {"property", "cached_property", "setter", "deleter"}), stub)


def escapes_of(tree, text):
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            for match in IGNORE.finditer(token.string):
                codes = match[2] and tuple(c.strip() for c in match[2].split(",") if c.strip())
                yield "ignore", match[1], () if match[2] == "" else codes, token.start[0]
    modules, names = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {a.asname or a.name for a in node.names if a.name in TYPING}
        elif isinstance(node, ast.ImportFrom) and node.module in TYPING:
            names |= {a.asname or a.name: a.name for a in node.names if a.name in ("Any", "cast")}
    def meant(node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return names.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            return node.attr
    def quoted(node, inside=False):
        """The lines of `Any` in the quoted parts of an annotation."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner = ast.parse(node.value.strip(), mode="eval").body
            except SyntaxError:
                return
            for name in quoted(inner, True):
                yield node.lineno
        elif inside and meant(node) == "Any":
            yield node.lineno
        elif isinstance(node, ast.Subscript):
            name = getattr(node.value, "id", getattr(node.value, "attr", ""))
            parts = node.slice.elts[:1] if name == "Annotated" and isinstance(node.slice, ast.Tuple) else [node.slice]
            for part in [] if name == "Literal" else parts:
                yield from quoted(part, inside)
        elif isinstance(node, (ast.BinOp, ast.Tuple, ast.List, ast.Starred)):
            for part in ast.iter_child_nodes(node):
                yield from quoted(part, inside)

    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for line in quoted(annotation):
                yield "any", None, None, line
        if meant(node) == "Any":
            yield "any", None, None, node.lineno
        elif isinstance(node, ast.Call) and meant(node.func) == "cast":
            yield "cast", None, None, node.lineno


def main():
    root, connection = Path(sys.argv[1]), duckdb.connect(sys.argv[2], read_only=True)
    sys.setrecursionlimit(100_000)
    differences, functions, places, files = Counter(), 0, 0, 0

    def compare(kind, path, mine, theirs):
        if mine != theirs:
            differences[kind] += 1
            if differences[kind] <= 10:
                print(f"{kind}: {path}: {list((mine - theirs).items())[:3]} is not {list((theirs - mine).items())[:3]}")

    def rows(columns, table, path, column="rel_path"):
        return connection.execute(f"SELECT {columns} FROM analytics.{table} WHERE {column} = ?", [path]).fetchall()

    for path, module in sorted(connection.execute("SELECT path, module FROM core.modules").fetchall()):
        try:
            with tokenize.open(root / path) as file:
                text = file.read()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, ValueError):  # a row of core.problems, which tables.py compares
            continue
        files += 1
        visitor = Functions(text, module)
        visitor.visit(tree)
        theirs = list(visitor.rows())
        mine = [(*row[:6], tuple((p["name"], p["kind"], p["type"]) for p in json.loads(row[6])), *row[7:]) for row in rows(
            "qualname, start_line, end_line, total_params, annotated_params, "
            "CASE WHEN has_return_annotation THEN return_type END, param_types, typedness_bucket, "
            "is_overload, is_property, is_stub", "function_types", path)]
        compare("function", path, Counter(mine), Counter(theirs))
        functions += len(theirs)
        params, annotated = sum(row[3] for row in theirs), sum(row[4] for row in theirs)
        untyped = sum(row[7] == "untyped" for row in theirs)
        ratio = {"params": annotated / params if params else None,
                 "returns": sum(row[5] is not None for row in theirs) / len(theirs) if theirs else None}
        mine = [(json.dumps(json.loads(row[0])), *row[1:]) for row in rows(
            "annotation_ratio, untyped_defs, overlay_needed, type_error_count", "typedness", path, "path")]
        compare("typedness", path, Counter(mine), Counter([(json.dumps(ratio), untyped, untyped > 0, None)]))
        mine = [(kind, tool, codes and tuple(json.loads(codes)), line)
                for kind, tool, codes, line in rows("kind, tool, codes, lineno", "type_escapes", path)]
        theirs = list(escapes_of(tree, text))
        compare("escape", path, Counter(mine), Counter(theirs))
        places += len(theirs)
    print(f"{functions} functions and {places} escapes of {files} files compared with CPython {sys.version.split()[0]}: "
          f"{sum(differences.values())} differences {dict(differences) or ''}")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
