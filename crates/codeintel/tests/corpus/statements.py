"""Every statement, with its odd corners."""
from __future__ import annotations
import a, b.c as d
from . import e
from .. import f as g, h
from .i.j import (k, l as m,)
from n . o import *

global_name: int
global_name: "str" = 1
obj.attr: int = 3
x = y = z, = 1,
x += 1; y //= 2; z **= 3
x @= y
del x, (y), [z]; pass
assert x, "message"
raise
raise E from None
type Alias[T: int = str, *Ts = *tuple[int], **P = [int]] = list[T]


@decorator
@decorator.attr(  # why
    1,
)

class C[T](Base, *bases, metaclass=Meta, **kw):
    "doc";

    @property
    def p(self) -> int: return self._p

    async def q[U: (int, str)](self, a, /, b: int = 1, *args: *Ts, c, d=2, **kwargs: P.kwargs) -> None:
        '''Docs.

            Indented.
        '''
        nonlocal_ = 1
        async for i in aiter: continue
        else: break
        async with a as b, c as (d, e): await f
        return [i async for i in x if await y]

    lambda_ = lambda *, a=1, **k: (yield)


def generator(a, b=lambda: 0, *, c):
    global G
    def inner():
        nonlocal a
        a = yield from b
    while (n := next(it)) is not None:
        if n: continue
        elif n is 2: break
        elif not n: pass
        else: yield n
    else:
        return
    for a, *b in c: d
    else: e


try: a
except (A, B) as e: b;
except C: c
else: d
finally: e;

try:
    a
except* A:
    b
except* B as e:
    c

with (a as b, c as d,): e
with (a, b): c
with (yield): pass
with a, b as c: d

if a: b; c;
while a: b;
for a in b: c; d ;
class S: x = 1;
def s(): return 1;

match a:
    case 1 | -2.5 | 3 + 4j | "s" "t" | None | True: b
    case [a, *_, b] | (c, *rest): d
    case {"k": v, 1: [], **rest} if v: e
    case Point(x=0, y=y) | A.B(1, z=(2)): f
    case (a.b) as name: g
    case _: h;
match (x, y):
    case x, *y: pass
match = case = type = 1
