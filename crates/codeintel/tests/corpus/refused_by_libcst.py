# What CPython takes and LibCST 1.9 does not, or does not give back as it was.
(annotated): int = 2
(x . y): int
try: a
except : b
f"{a!r }"
