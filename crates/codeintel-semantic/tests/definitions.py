"""Every class, function and parameter of a folder as CPython sees it: path, line, byte column, kind and name."""

import ast
import re
import sys
from pathlib import Path

root, folder = Path(sys.argv[1]), sys.argv[2]

for path in sorted((root / folder).rglob("*.py*")):
    if path.suffix not in (".py", ".pyi"):
        continue
    source = path.read_bytes()
    lines = source.splitlines()
    tree = ast.parse(source)
    of_lambdas = {
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Lambda)
        for argument in ast.walk(node.args)
        if isinstance(argument, ast.arg)
    }
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                keywords = re.compile(rb"(async\s+)?(def|class)\s+").match(lines[node.lineno - 1], node.col_offset)
                column = keywords.end()
                kind = "Type" if isinstance(node, ast.ClassDef) else "Method"
            case ast.arg(arg=name, col_offset=column):
                kind = "Local" if node in of_lambdas else "Parameter"
            case _:
                continue
        print(path.relative_to(root), node.lineno, column, kind, name, sep="\t")
