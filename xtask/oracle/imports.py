"""Compare core.imports with CPython's ast, and graph.import_graph_edges with grimp and networkx.

usage: imports.py ROOT DATABASE
"""

import ast
import pathlib
import sys
from collections import Counter, defaultdict

import duckdb
import grimp
import networkx

ROOT, DATABASE = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]


def is_for_types(test):
    """True for `TYPE_CHECKING`, False for its opposite, None where the condition does not tell."""
    if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return True
    if isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING":
        return True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = is_for_types(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return True if any(is_for_types(value) is True for value in test.values) else None
    return None


def imported(tree):
    """The rows of core.imports that follow from one tree."""

    def walk(nodes, scope, for_types, conditional):
        for node in nodes:
            where = (node.lineno, node.end_lineno)
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield (*where, 0, alias.name, None, alias.asname, False, for_types, conditional, scope)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    star = alias.name == "*"
                    name = None if star else alias.name
                    yield (*where, node.level, node.module, name, alias.asname, star, for_types, conditional, scope)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inner = node.name if not scope else f"{scope}.{node.name}"
                yield from walk(node.body, inner, for_types, False)
            elif isinstance(node, ast.If):
                told = is_for_types(node.test)
                yield from walk(node.body, scope, for_types or told is True, True)
                yield from walk(node.orelse, scope, for_types or told is False, True)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                yield from walk(node.body, scope, for_types, conditional)
            elif isinstance(node, (ast.Try, ast.TryStar)):
                blocks = [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
                for block in blocks:
                    yield from walk(block, scope, for_types, True)
            elif isinstance(node, ast.Match):
                for case in node.cases:
                    yield from walk(case.body, scope, for_types, True)
            elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
                yield from walk([*node.body, *node.orelse], scope, for_types, True)

    return walk(tree.body, "", False, False)


def statements(database):
    """Differences between the statements."""
    found = defaultdict(Counter)
    sql = """SELECT i.rel_path, lineno, end_lineno, level, imported_module, imported_name, alias, is_star, is_type_checking,
             is_conditional, scope_qualname, i.module FROM core.imports i"""
    for path, *row, scope, module in database.execute(sql).fetchall():
        found[path][(*row, scope[len(module) :].lstrip("."))] += 1
    differences, count = [], 0
    for (path,) in database.execute("SELECT path FROM core.modules ORDER BY path").fetchall():
        try:
            tree = ast.parse((ROOT / path).read_bytes())
        except (SyntaxError, ValueError) as error:
            print(f"not compared: {path}: {error}")
            continue
        expected = Counter(imported(tree))
        count += expected.total()
        differences += [f"{path}: only codeintel {row}" for row in found[path] - expected]
        differences += [f"{path}: only CPython {row}" for row in expected - found[path]]
    print(f"{count} imported names")
    return differences


def packages(database):
    """The packages of each source root, as folders of the file system and names."""
    roots = defaultdict(set)
    for path, module in database.execute("SELECT path, module FROM core.modules WHERE is_package AND NOT is_stub").fetchall():
        folder = path.removesuffix("/__init__.py")
        if "." not in module and module.isidentifier() and folder.endswith(module) and "/" in path:
            roots[folder[: -len(module)].strip("/")].add(module)
    return roots


def graph(database):
    """Differences between the edges, and between the groups and layers that follow from them."""
    sql = "SELECT src_path, dst_path, src_module, dst_module, cycle_group, module_layer FROM graph.import_graph_edges WHERE NOT is_external"
    rows = database.execute(sql).fetchall()
    modules = dict(database.execute("SELECT path, module FROM core.modules WHERE NOT is_stub").fetchall())
    differences, from_grimp = [], set()
    compared = set()
    for root, names in sorted(packages(database).items()):
        sys.path.insert(0, str(ROOT / root))
        try:
            built = grimp.build_graph(*sorted(names), cache_dir=None)
        except Exception as error:  # grimp refuses sources that it cannot parse
            print(f"not compared: {root or '.'}: {error}")
            continue
        finally:
            sys.path.pop(0)
        prefix = f"{root}/" if root else ""
        paths = {
            module: path
            for path, module in modules.items()
            if path in (f"{prefix}{module.replace('.', '/')}.py", f"{prefix}{module.replace('.', '/')}/__init__.py")
        }
        nodes = built.modules & paths.keys()
        for module in sorted(built.modules - nodes):
            print(f"not compared: {module} of grimp")
        expected = {(src, dst) for src in nodes for dst in built.find_modules_directly_imported_by(src) if dst in nodes}
        inside = {paths[module] for module in nodes}
        ours = {(src, dst) for src_path, dst_path, src, dst, *_ in rows if src_path in inside and dst_path in inside}
        differences += [f"{root or '.'}: only codeintel {src} -> {dst}" for src, dst in sorted(ours - expected)]
        differences += [f"{root or '.'}: only grimp {src} -> {dst}" for src, dst in sorted(expected - ours)]
        from_grimp |= {(paths[src], paths[dst]) for src, dst in expected}
        compared |= inside
        print(f"{len(expected)} edges of grimp between {len(nodes)} modules of {root or '.'}")
    other = {(src, dst) for src, dst, *_ in rows if src not in compared or dst not in compared}
    edges = networkx.DiGraph(from_grimp | other)
    groups = list(networkx.strongly_connected_components(edges))
    condensed = networkx.condensation(edges, groups)
    layer = {}
    for group in reversed(list(networkx.topological_sort(condensed))):
        layer[group] = max((layer[below] + 1 for below in condensed.successors(group)), default=0)
    group_of = condensed.graph["mapping"]
    cycles = sorted((min(group), number) for number, group in enumerate(groups) if len(group) > 1)
    cycle = {number: place for place, (_, number) in enumerate(cycles, 1)}
    for src, dst, src_module, dst_module, our_cycle, our_layer in rows:
        if (src, dst) not in edges.edges:
            continue
        is_inside = src != dst and group_of[src] == group_of[dst]
        theirs = (cycle.get(group_of[src]) if is_inside else None, layer[group_of[src]])
        if theirs != (our_cycle, our_layer):
            differences.append(f"{src_module} -> {dst_module}: cycle and layer {(our_cycle, our_layer)}, networkx {theirs}")
    print(f"{len(cycles)} cycles, {max(layer.values(), default=0) + 1} layers")
    return differences


def main():
    database = duckdb.connect(DATABASE, read_only=True)
    differences = statements(database) + graph(database)
    for line in differences[:40]:
        print(line)
    print(f"{ROOT.name}: {len(differences)} differences")
    sys.exit(bool(differences))


main()
