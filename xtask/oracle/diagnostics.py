#!/usr/bin/env python3
"""Compare the tables of diagnostics with what each tool itself writes.

    python diagnostics.py ROOT DATABASE

analytics.diagnostics         every finding of `pyright`, `pyrefly` and `ruff`, run here with their own JSON output
analytics.static_diagnostics  errors by file and tool; NULL for the files that pyright does not count as analyzed or ruff does not list
analytics.typedness           errors of type checkers

Tools are those beside this Python. Columns are converted to bytes by encoding the line that they lie in. Exit code 1 on any difference.
"""
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb

BIN = Path(sys.executable).parent
SEVERITIES = {"warn": "warning", "information": "info"}


def run(*args):
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    # The folder of this Python is that of an environment, which is to be active.
    env["VIRTUAL_ENV"] = str(BIN.parent)
    output = subprocess.run([BIN / args[0], *args[1:]], capture_output=True, env=env)
    if output.returncode not in (0, 1):
        sys.exit(f"{args}: {output.stderr.decode()}")
    return output.stdout.decode()


class Lines:
    """Columns of one file, as its bytes have them."""

    def __init__(self, path):
        data = path.read_bytes()
        self.mark = 1 if data.startswith(b"\xef\xbb\xbf") else 0
        text = data.decode("utf-8-sig")
        self.lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def code_points(self, line, column):
        """A column from 0 in code points."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return line, len(text[:column].encode())

    def utf16(self, line, column):
        """A column from 0 in UTF-16 code units; a byte order mark is one."""
        column -= self.mark if line == 1 else 0
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return line, len(text.encode("utf-16-le")[: 2 * column].decode("utf-16-le").encode())


def findings(root, paths):
    lines = {path: Lines(root / path) for path in paths}

    def row(tool, version, path, code, severity, message, start, end):
        path = os.path.relpath(path, root)
        if path in lines:
            yield (tool, version, path, code, SEVERITIES.get(severity, severity), message, *start(lines[path]), *end(lines[path]))

    version = {tool: run(tool, "--version").split()[-1] for tool in ("ruff", "pyrefly", "pyright")}
    for d in json.loads(run("ruff", "check", "--no-cache", "--no-fix", "--no-fix-only", "--output-format=json")):
        a, b = d["location"], d["end_location"]
        yield from row("ruff", version["ruff"], d["filename"], d["code"], d["severity"], d["message"],
                       lambda at: at.code_points(a["row"], a["column"] - 1), lambda at: at.code_points(b["row"], b["column"] - 1))
    for d in json.loads(run("pyrefly", "check", "--output-format=json"))["errors"]:
        yield from row("pyrefly", version["pyrefly"], d["path"], d["name"], d["severity"], d["description"],
                       lambda at: at.code_points(d["line"], d["column"] - 1), lambda at: at.code_points(d["stop_line"], d["stop_column"] - 1))
    output = json.loads(run("pyright", "--outputjson"))
    for d in output["generalDiagnostics"]:
        a, b = d["range"]["start"], d["range"]["end"]
        yield from row("pyright", version["pyright"], d["file"], d.get("rule"), d["severity"], d["message"],
                       lambda at: at.utf16(a["line"] + 1, a["character"]), lambda at: at.utf16(b["line"] + 1, b["character"]))
    yield output["summary"]["filesAnalyzed"]


def main():
    root, database = Path(sys.argv[1]).resolve(), sys.argv[2]
    os.chdir(root)
    connection = duckdb.connect(database, read_only=True)
    paths = [path for path, in connection.execute("SELECT path FROM core.modules").fetchall()]
    *expected, analyzed = findings(root, paths)
    expected = Counter(expected)
    found = Counter(connection.execute(
        "SELECT tool, tool_version, rel_path, code, severity, message, start_line, start_col, end_line, end_col "
        "FROM analytics.diagnostics").fetchall())
    differences = [("missing", row) for row in (expected - found).elements()] + [("extra", row) for row in (found - expected).elements()]

    errors = Counter((row[2], row[0]) for row in expected.elements() if row[4] == "error")
    shown = {os.path.relpath(line, root) for line in run("ruff", "check", "--show-files", "--no-cache").splitlines()}
    known = 0
    for path, pyrefly, pyright, ruff, total in connection.execute(
            "SELECT rel_path, pyrefly_errors, pyright_errors, ruff_errors, total_errors FROM analytics.static_diagnostics").fetchall():
        known += pyright is not None
        for tool, count in (("pyrefly", pyrefly), ("pyright", pyright), ("ruff", ruff)):
            if count is not None and count != errors[path, tool] or count is None and errors[path, tool]:
                differences.append(("count", (path, tool, count, errors[path, tool])))
        if (ruff is not None) != (path in shown):
            differences.append(("looked at", (path, ruff)))
        counts = [count for count in (pyrefly, pyright, ruff) if count is not None]
        # A defect counts once, so the sum is a bound from above and the largest count one from below.
        if (total is None) != (not counts) or counts and not max(counts) <= total <= sum(counts):
            differences.append(("total", (path, counts, total)))
    if known != analyzed:
        differences.append(("files that pyright has analyzed", (known, analyzed)))
    for path, count in connection.execute("SELECT path, type_error_count FROM analytics.typedness").fetchall():
        checkers = [errors[path, tool] for tool in ("pyrefly", "pyright")]
        if count is not None and not max(checkers) <= count <= sum(checkers):
            differences.append(("type errors", (path, count, checkers)))
    for difference in differences[:20]:
        print(*difference)
    print(f"diagnostics: {sum(expected.values())} findings in {len(paths)} files: {len(differences)} differences")
    sys.exit(bool(differences))


main()
