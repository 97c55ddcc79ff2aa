#!/usr/bin/env python3
"""Compare `core.cst_nodes` and the tables that lead to it with LibCST's own answers.

    python cst.py ROOT DATABASE

core.cst_nodes       every node but whitespace and punctuation, in the order in which LibCST visits them: kind, four
                     positions (PositionProvider), parent, chain of parents, source text, byte offsets, enclosing scopes
core.ast_cst         pairs have the same byte offsets, or for the classes that the docs page names the one's lie within the
                     other's; every statement and expression has its partner
core.goid_crosswalk  every entity of a file without problems leads to a definition that has its name

Only files that LibCST parses and gives back as they were are compared; the others are listed. Exit code 1 on any difference.
"""
import io
import json
import os
import re
import sys
import tokenize
from collections import Counter
from itertools import groupby
from multiprocessing import Pool
from pathlib import Path

import duckdb
import libcst
from libcst.metadata import MetadataWrapper, PositionProvider

LEFT_OUT = {
    "AssignEqual", "Colon", "Comma", "Comment", "Dot", "EmptyLine", "LeftCurlyBrace", "LeftParen", "LeftSquareBracket",
    "Newline", "ParenthesizedWhitespace", "RightCurlyBrace", "RightParen", "RightSquareBracket", "Semicolon",
    "SimpleWhitespace", "TrailingWhitespace",
}
LINE_BREAK = re.compile(r"\r\n|\r|\n")
# Where the two trees put the ends of a thing in different places.
OTHER_SPAN = (
    "Tuple", "GeneratorExp", "arg", "MatchValue", "MatchSingleton", "MatchSequence", "MatchStar", "TypeVar", "TypeVarTuple",
    "ParamSpec", "Slice", "If", "For", "AsyncFor", "While", "With", "AsyncWith", "Try", "TryStar", "ExceptHandler", "Match",
    "FunctionDef", "AsyncFunctionDef", "ClassDef",
)
# What LibCST has no node for, always or sometimes.
WITHOUT_PARTNER = ("Constant", "JoinedStr", "Tuple", "Starred")


class Collector(libcst.CSTVisitor):
    """(kind, four positions, parent's number, chain of kinds, names of scopes) of the nodes that are compared."""

    def __init__(self, positions):
        super().__init__()
        self.positions, self.rows, self.stack = positions, [], [(None, (), ())]

    def on_visit(self, node):
        kind = type(node).__name__
        if kind in LEFT_OUT:
            return False
        parent, kinds, names = self.stack[-1]
        if kind in ("FunctionDef", "ClassDef"):
            names = (*names, node.name.value)
        span = self.positions[node]
        place = (span.start.line, span.start.column, span.end.line, span.end.column)
        self.stack.append((len(self.rows), (*kinds, kind), names))
        self.rows.append((kind, *place, parent, kinds, names))
        return True

    def on_leave(self, original_node):
        if type(original_node).__name__ not in LEFT_OUT:
            self.stack.pop()


def start(database):
    global connection
    sys.setrecursionlimit(100_000)
    connection = duckdb.connect(database, read_only=True)
    connection.execute("SET threads = 1")


def has_chain(kinds):
    """Whether there are few enough ancestors: a run of one kind counts as nine at most."""
    return len(kinds) <= 10_000 and (len(kinds) <= 1000 or sum(min(len([*run]), 9) for _, run in groupby(kinds)) <= 1000)


def file(job):
    """(path, number of rows, why it was not compared, differences) of one file."""
    root, path, module = job
    data = (root / path).read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding).removeprefix("\ufeff")
        tree = libcst.parse_module(data)
        if tree.code != text:
            return path, 0, "LibCST does not give it back as it was", []
        wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)
        collector = Collector(wrapper.resolve(PositionProvider))
        wrapper.module.visit(collector)
    except Exception as error:
        return path, 0, f"{type(error).__name__}: {str(error).splitlines()[0]}", []
    lines = [0, *(m.end() for m in LINE_BREAK.finditer(text)), len(text)]
    sql = ("SELECT kind, start_line, start_col, end_line, end_col, parent_id, parents, qname, text_preview, start_byte, "
           "end_byte FROM core.cst_nodes WHERE rel_path = ? ORDER BY node_id")
    found = connection.execute(sql, [path]).fetchall()
    differences = []
    if len(found) != len(collector.rows):
        differences.append(f"{len(found)} rows are not {len(collector.rows)}")
    # One encoding of the whole text for all offsets.
    bytes_before = [0]
    for character in text:
        bytes_before.append(bytes_before[-1] + len(character.encode()))
    for mine, theirs in zip(found, collector.rows):
        kind, line, column, end_line, end_column, parent, kinds, names = theirs
        begin, end = lines[line - 1] + column, lines[end_line - 1] + end_column
        if mine[:6] != theirs[:6]:
            differences.append(f"{mine[:6]} is not {theirs[:6]}")
        elif (tuple(json.loads(mine[6])) if mine[6] else None) != (kinds if has_chain(kinds) else None):
            differences.append(f"{kind} {line}: parents {mine[6]} are not {kinds}")
        elif mine[7] != ".".join((module, *names)):
            differences.append(f"{kind} {line}: {mine[7]} is not {names}")
        elif mine[8] != text[begin:end][:200]:
            differences.append(f"{kind} {line}: preview {mine[8]!r} is not {text[begin:end][:200]!r}")
        elif mine[9:] != (bytes_before[begin], bytes_before[end]):
            differences.append(f"{kind} {line}: {mine[9:]} is not {(bytes_before[begin], bytes_before[end])}")
    return path, len(found), None, differences


def pairs(connection):
    """Differences between pairs of nodes, in files without problems."""
    good = "(SELECT path FROM core.modules WHERE path NOT IN (SELECT rel_path FROM core.problems WHERE rel_path IS NOT NULL AND stage <> 'index'))"
    both = (f"SELECT a.node_type, p.kind, a.rel_path, a.lineno, a.start_byte AS a0, a.end_byte AS a1, p.start_byte AS c0, "
            f"p.end_byte AS c1 FROM core.ast_nodes a JOIN core.ast_cst p ON p.rel_path = a.rel_path AND p.ast_node_id = a.node_id "
            f"WHERE a.node_id > 0 AND a.rel_path IN {good}")
    yield from connection.execute(f"SELECT 'span', * FROM ({both}) WHERE (a0, a1) <> (c0, c1) AND node_type NOT IN {OTHER_SPAN}").fetchall()
    yield from connection.execute(f"SELECT 'apart', * FROM ({both}) WHERE NOT (a0 <= c0 AND a1 >= c1 OR c0 <= a0 AND c1 >= a1) "
                                  f"AND node_type <> 'arg' OR a1 <= c0 OR c1 <= a0").fetchall()
    yield from connection.execute(
        f"SELECT 'alone', a.node_type, a.rel_path, a.lineno FROM core.ast_nodes a ANTI JOIN core.ast_cst p "
        f"ON p.rel_path = a.rel_path AND p.ast_node_id = a.node_id WHERE a.node_type NOT IN {WITHOUT_PARTNER} AND a.rel_path IN {good}").fetchall()
    yield from connection.execute("SELECT 'twice', rel_path, ast_node_id FROM core.ast_cst GROUP BY ALL HAVING count(*) > 1").fetchall()
    # The first Name below a definition is its own.
    yield from connection.execute(
        f"SELECT 'crosswalk', w.file_path, w.ast_qualname, min_by(n.text_preview, n.node_id) AS name FROM core.goid_crosswalk w "
        f"LEFT JOIN core.cst_nodes n ON n.rel_path = w.file_path AND n.parent_id = w.cst_node_id AND n.kind = 'Name' "
        f"WHERE w.file_path IN {good} GROUP BY ALL "
        f"HAVING count(DISTINCT w.cst_node_id) = 0 OR any_value(w.end_line) IS NOT NULL "
        f"AND nfc_normalize(name) IS DISTINCT FROM nfc_normalize(split_part(w.ast_qualname, '.', -1))").fetchall()


def main():
    root, database = Path(sys.argv[1]), sys.argv[2]
    main_connection = duckdb.connect(database, read_only=True)
    modules = main_connection.execute("SELECT path, module FROM core.modules ORDER BY path").fetchall()
    rows, differences = 0, 0
    with Pool(os.cpu_count(), start, [database]) as pool:
        jobs = [(root, path, module) for path, module in modules]
        for path, count, reason, found in pool.imap(file, jobs, chunksize=4):
            rows += count
            differences += len(found)
            if reason:
                print(f"not compared: {path}: {reason}")
            for difference in found[:10]:
                print(f"{path}: {difference}")
    shown = Counter()
    for kind, *difference in pairs(main_connection):
        shown[kind] += 1
        if shown[kind] <= 10:
            print(f"{kind}: {difference}")
    differences += sum(shown.values())
    print(f"{rows} rows of {len(modules)} files compared with LibCST {libcst.LIBCST_VERSION}: {differences} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
