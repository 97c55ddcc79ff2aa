"""Compare the SCIP tables of a repository with scip-python's own index of it, decoded here from its bytes.

    scip.py REPOSITORY DATABASE SCIP_PYTHON PROJECT_NAME

The repository is copied as UTF-8, indexed by scip-python, and the index is read by the decoder in `scip_index.py`.
Then every document, occurrence, symbol and
relationship is compared, and every definition of CPython's `ast` with the symbol that `core.goid_crosswalk` gives it.
"""

import ast
import collections
import json
import os
import subprocess
import sys
import tempfile
import tokenize
import tomllib

import duckdb

from scip_index import documents


# What codeintel lets node load before scip-python, so that no document depends on others.
SCRIPT = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../crates/codeintel-engine/src/scip/external/document_alone.cjs"
)


def decoded(path):
    with open(path, "rb") as file:
        encoding = tokenize.detect_encoding(file.readline)[0]
    with open(path, encoding=encoding, newline="") as file:
        return file.read()


def root_of(path, module):
    """The folder that a module is imported from, by the parts of its path that are not in its name."""
    parts = path.rpartition(".")[0].split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return "/".join(parts[: len(parts) - len(module.split("."))])


def user_settings(root):
    """What the repository's own configuration of pyright says of the version of Python."""
    try:
        with open(os.path.join(root, "pyproject.toml"), "rb") as file:
            settings = tomllib.load(file).get("tool", {}).get("pyright", {})
    except FileNotFoundError:
        settings = {}
    return {key: settings[key] for key in ("pythonVersion", "pythonPlatform") if key in settings}


def index_of(root, paths, scip_python, name):
    with tempfile.TemporaryDirectory() as folder:
        texts = {}
        for path in paths:
            try:
                texts[path] = decoded(os.path.join(root, path))
            except (SyntaxError, UnicodeDecodeError, LookupError):
                continue
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8", newline="") as file:
                file.write(texts[path])
        roots = sorted({root_of(path, module) for path, module in paths.items()} - {""})
        with open(os.path.join(folder, "scip-pyrightconfig.json"), "w") as file:
            json.dump({**user_settings(root), "extraPaths": roots, "exclude": ["**/.no"]}, file)
        with tempfile.TemporaryDirectory() as other:
            with open(f"{other}/environment.json", "w") as file:
                file.write("[]")
            command = [scip_python, "index", ".", "--quiet", "--project-name", name, "--project-version", "0"]
            command += ["--environment", f"{other}/environment.json", "--cwd", folder, "--output", f"{other}/index.scip"]
            environment = {**os.environ, "NODE_OPTIONS": f'--require "{SCRIPT}"'}
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            with open(f"{other}/index.scip", "rb") as file:
                return dict(documents(file.read())), texts


def compare(path, kind, mine, theirs, differences):
    mine, theirs = collections.Counter(mine), collections.Counter(theirs)
    for side, rows in (("only here", mine - theirs), ("only there", theirs - mine)):
        differences.extend(f"{path}: {kind} {side}: {row}" for row in rows.elements())


def definitions(tree):
    """Kind and node of the module and of every class and function."""
    yield "module", tree
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield "class" if isinstance(node, ast.ClassDef) else "function", node


def name_range(node, lines):
    """Line from 0, and columns in UTF-16 units, of the name of a definition."""
    if isinstance(node, ast.Module):
        return 0, 0, 0, 0
    words = {ast.ClassDef: ["class"], ast.FunctionDef: ["def"], ast.AsyncFunctionDef: ["async", "def"]}[type(node)]
    line, column = node.lineno - 1, node.col_offset
    for word in words:
        while not lines[line][column:].startswith(word.encode()):
            column += 1
        column += len(word)
    while True:
        rest = lines[line][column:]
        stripped = rest.lstrip(b" \t\f")
        if stripped.rstrip(b"\r\n") == b"\\":
            line, column = line + 1, 0
            continue
        column += len(rest) - len(stripped)
        break
    units = lambda column: len(lines[line][:column].decode().encode("utf-16-le")) // 2
    return line, units(column), line, units(column + len(node.name.encode()))


def main():
    root, database, scip_python, name = sys.argv[1:]
    connection = duckdb.connect(database, read_only=True)
    paths = dict(connection.execute("SELECT path, module FROM core.modules ORDER BY path").fetchall())
    index, texts = index_of(root, paths, scip_python, name)
    differences = []
    mine = {path for (path,) in connection.execute("SELECT rel_path FROM scip.documents").fetchall()}
    compare(".", "document", mine, index.keys(), differences)
    columns = "start_line, start_col, end_line, end_col, symbol, roles, start_byte, end_byte, enclosing_start_line, enclosing_end_line"
    occurrences = collections.defaultdict(list)
    for path, *row in connection.execute(f"SELECT rel_path, {columns} FROM scip.occurrences").fetchall():
        occurrences[path].append(row)
    symbols = collections.defaultdict(list)
    query = "SELECT rel_path, symbol, documentation FROM scip.symbols WHERE NOT is_external"
    for path, symbol, documentation in connection.execute(query).fetchall():
        symbols[path].append((symbol, tuple(json.loads(documentation))))
    relationships = collections.defaultdict(list)
    for path, *row in connection.execute("SELECT * EXCLUDE (repo, commit) FROM scip.relationships").fetchall():
        relationships[path].append(tuple(row))
    count = 0
    for path, (theirs, their_symbols, their_relationships) in index.items():
        found = [(tuple(row[:4]), row[4], row[5], (row[8], row[9])) for row in occurrences[path]]
        expected = [(place, symbol, roles, (enclosing[0], enclosing[2])) for place, symbol, roles, enclosing in theirs]
        compare(path, "occurrence", found, expected, differences)
        own = next(symbol for place, symbol, *_ in theirs if place == (0, 0, 0, 0))[: -len("__init__:")]
        of_file = [row for row in their_symbols if row[0].startswith((own, "local "))]
        compare(path, "symbol", symbols[path], of_file, differences)
        compare(path, "relationship", relationships[path], their_relationships, differences)
        count += len(theirs)
        lines = texts[path].replace("\r\n", " \n").replace("\r", "\n").split("\n")
        whole = texts[path].encode()
        for start_line, start_col, end_line, end_col, *_, start_byte, end_byte, _, _ in occurrences[path]:
            if start_line == end_line:
                line = lines[start_line].encode("utf-16-le")[2 * start_col : 2 * end_col].decode("utf-16-le")
                if line != whole[start_byte:end_byte].decode():
                    differences.append(f"{path}:{start_line}: bytes {start_byte} to {end_byte} are not {line!r}")
    print(f"{count} occurrences of {len(index)} files compared with scip-python: {len(differences)} differences")
    differences += crosswalk(connection, index, texts)
    for difference in differences[:20]:
        print("  ", difference)
    sys.exit(1 if differences else 0)


def crosswalk(connection, index, texts):
    """Every definition that scip-python has at a name has its symbol, and no other one has any."""
    query = """SELECT file_path, goid LIKE '%#python:module:%', goid LIKE '%#python:class:%', start_byte, name_start, scip_symbol
               FROM (SELECT c.*, n.start_byte, n.lineno || ':' || n.col_offset AS name_start FROM core.goid_crosswalk c
               JOIN core.ast_nodes n ON n.rel_path = c.file_path AND n.node_id = c.ast_node_id)"""
    found = {}
    for path, is_module, is_class, _, place, symbol in connection.execute(query).fetchall():
        found[path, "module" if is_module else "class" if is_class else "function", place] = symbol
    endings = {"module": "/__init__:", "class": "#", "function": ")."}
    differences, with_symbol = [], 0
    for path, (occurrences, _, _) in index.items():
        defined = collections.defaultdict(set)
        for place, symbol, roles, _ in occurrences:
            if roles & 1:
                defined[place].add(symbol)
        try:
            tree = ast.parse(texts[path])
        except SyntaxError:
            continue
        lines = texts[path].encode().replace(b"\r\n", b" \n").replace(b"\r", b"\n").split(b"\n")
        for kind, node in definitions(tree):
            expected = [symbol for symbol in defined[name_range(node, lines)] if symbol.endswith(endings[kind])]
            place = None if kind == "module" else f"{node.lineno}:{node.col_offset}"
            symbol = found.get((path, kind, place), "no row")
            with_symbol += bool(expected)
            if symbol != (min(expected) if expected else None):
                differences.append(f"{path}: {kind} {getattr(node, 'name', '')} has {symbol} and not {expected}")
    print(f"{with_symbol} definitions with a symbol, {len(differences)} of them wrong or missing in core.goid_crosswalk")
    return differences


main()
