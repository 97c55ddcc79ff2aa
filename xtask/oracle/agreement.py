"""Compare two SCIP indexes of a repository: do they lead from the same names to the same places?

    agreement.py REPOSITORY OURS.scip THEIRS.scip [SAMPLES [SEED]]

A reference is a name with a symbol that it does not define. It is linked if the index defines the symbol somewhere in the
repository, and is then followed to the lines of the definitions. Counted are the references that both link and how often they
lead to a common line, and those that only one links, without local symbols. Some of the disagreements are drawn at random, to be read.
"""

import collections
import json
import os
import random
import sys

from scip_index import documents, encodings

UTF8, UTF16, UTF32 = 1, 2, 3


class Index:
    """Definitions and references of an index, with columns in code points."""

    def __init__(self, root, path, encoding):
        self.root = root
        self.definitions = collections.defaultdict(set)
        self.references = collections.defaultdict(set)
        self.redefined = collections.defaultdict(set)
        self.places = collections.defaultdict(set)
        self.paths = set()
        with open(path, "rb") as file:
            data = file.read()
        encodings_of = dict(encodings(data))
        places = []
        for path, (occurrences, _, _) in documents(data):
            relative = path.removeprefix("./")
            self.paths.add(relative)
            lines = source(root, relative)
            column = columns(encodings_of[path] or encoding, lines)
            for (start, start_col, end, end_col), symbol, roles, _ in occurrences:
                if symbol.startswith("local "):
                    symbol = f"{relative} {symbol}"
                if roles & (1 | 4):
                    self.places[symbol].add((relative, start))
                where = (start, column(start, start_col), end, column(end, end_col))
                if roles & 1:
                    self.definitions[symbol].add((relative, start))
                    places.append(((relative, where), symbol))
                else:
                    self.references[relative, where].add(symbol)

        for place, symbol in places:
            self.redefined[place] |= self.definitions[symbol]

    def targets(self, reference):
        return {place for symbol in self.references.get(reference, ()) for place in self.definitions.get(symbol, ())}

    def names(self, reference, places):
        """Whether the symbol of a reference is bound in one of some places, which the other index takes for its definition."""
        return any(self.places[symbol] & places for symbol in self.references.get(reference, ()))

    def is_global(self, reference):
        return any(" local " not in symbol for symbol in self.references.get(reference, ()))


def source(root, path):
    with open(os.path.join(root, path), "rb") as file:
        return file.read().decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def columns(encoding, lines):
    def column(line, col):
        if line >= len(lines) or lines[line].isascii() or encoding == UTF32:
            return col
        name = "utf-8" if encoding == UTF8 else "utf-16-le"
        unit = 1 if encoding == UTF8 else 2
        return len(lines[line].encode(name)[: col * unit].decode(name, "ignore"))

    return column


def main():
    root, ours, theirs = sys.argv[1:4]
    samples = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    seed = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    ours, theirs = Index(root, ours, UTF8), Index(root, theirs, UTF16)
    common = ours.paths & theirs.paths
    both, agree, only_ours, only_theirs = 0, 0, [], []
    differ = []
    for reference in sorted(set(ours.references) | set(theirs.references)):
        if reference[0] not in common:
            continue
        here, there = ours.targets(reference), theirs.targets(reference)
        if not here and reference in ours.redefined:
            # What one calls a write, the other calls a definition.
            here = ours.redefined[reference]
        if not there and reference in theirs.redefined:
            there = theirs.redefined[reference]
        if here and there:
            both += 1
            if here & there or ours.names(reference, there):
                agree += 1
            else:
                differ.append((reference, here, there))
        elif here and reference in ours.references and ours.is_global(reference):
            only_ours.append((reference, here, there))
        elif there and reference in theirs.references and theirs.is_global(reference):
            only_theirs.append((reference, here, there))
    print(json.dumps({
        "files": len(common),
        "linked_by_both": both,
        "agree": agree,
        "share": round(agree / max(both, 1), 5),
        "only_ours": len(only_ours),
        "only_theirs": len(only_theirs),
    }))
    draw = random.Random(seed)
    for title, found in [("DIFFER", differ), ("ONLY THEIRS", only_theirs), ("ONLY OURS", only_ours)]:
        for (path, where), here, there in draw.sample(found, min(samples, len(found))):
            lines = source(root, path)
            name = lines[where[0]][where[1] : where[3]] if where[0] == where[2] else "..."
            shown = lambda places: " ".join(sorted(f"{p}:{line + 1}" for p, line in places)) or "-"
            print(f"{title} {path}:{where[0] + 1}:{where[1]} {name} | ours {shown(here)} | theirs {shown(there)} | {lines[where[0]].strip()[:100]}")


if __name__ == "__main__":
    main()
