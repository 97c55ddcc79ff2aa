"""A decoder of SCIP indexes that knows protobuf's wire format, the field numbers of SCIP's published schema and nothing else."""

import collections


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """The fields of a message: number to values, numbers as they are and everything else as bytes."""
    found = collections.defaultdict(list)
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"wire type {tag & 7}")
        found[tag >> 3].append(value)
    return found


def numbers(values):
    """Packed or single numbers."""
    found = []
    for value in values:
        if isinstance(value, int):
            found.append(value)
        else:
            at = 0
            while at < len(value):
                number, at = varint(value, at)
                found.append(number)
    return found


def text(values):
    return values[-1].decode() if values else ""


def range_of(values):
    found = numbers(values)
    if not found:
        return (None,) * 4
    return tuple(found) if len(found) == 4 else (found[0], found[1], found[0], found[2])


def encodings(index):
    """What the columns of each document count: 1 for UTF-8 bytes, 2 for UTF-16 code units, 3 for code points, 0 if it is not said."""
    for message in fields(index)[2]:
        document = fields(message)
        yield text(document[1]), sum(numbers(document[6]))


def documents(index):
    """The occurrences, symbols and relationships of each document, by its path."""
    for message in fields(index)[2]:
        document = fields(message)
        occurrences = []
        for occurrence in map(fields, document[2]):
            roles = numbers(occurrence[3])
            place = (range_of(occurrence[1]), text(occurrence[2]), roles[-1] if roles else 0)
            occurrences.append((*place, range_of(occurrence[7])))
        symbols, relationships = [], []
        for symbol in map(fields, document[3]):
            name = text(symbol[1])
            symbols.append((name, tuple(value.decode() for value in symbol[3])))
            for relationship in map(fields, symbol[4]):
                flags = tuple(bool(sum(numbers(relationship[number]))) for number in (2, 3, 4, 5))
                relationships.append((name, text(relationship[1]), *flags))
        yield text(document[1]), (occurrences, symbols, relationships)
