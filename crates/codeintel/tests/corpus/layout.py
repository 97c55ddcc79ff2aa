# Comments, blanks, parentheses, semicolons and continuations in every place.

# A second paragraph.

a; b
a ;b ; c;
a; \
 b
if a: b ; c ;
if a: \
    b
if a :  # comment
    # comment
    b  # comment

    # comment
    c
  # dedented comment
# more
elif (a): b
elif (  # comment
    a
): b
else : b
while (a) : b
else  :  # comment
    b
for (a) in (b) : c
for a, in b, : c
for (a, b), c in d, e : f
for * a , b in c : d
for a in * b , c : d
async def f():
    async  for (a) in b: c
    async  with a: b
    return (  await  a  )
    return await (a)
    return [a async  for b in c async for d in e if (f) if g]
    return  ( yield  ( a ) )
    return (yield  from  ( a ))
    a = yield
    a = yield b, c
    a = b = yield
    return
    return a,
    return * a , b
    return ( )
    return (a, )
    return ( a , b )
with a: b
with (a): b
with ((a)): b
with ( (a) ): b
with (a) as b: c
with (a as b): c
with ( a as (b) , ): c
with (a, b): c
with ( a , b , ): c
with (a), b: c
with (a), (b): c
with (a) as b, c: d
with a as (b), (c) as d: e
with (a, b) as c: d
with (a).b: c
with (a)(b), c: d
with (a if b else c): d
with (a, b)[0]: d
with (a for b in c): d
with (a := b): c
with ((a := b)): c
with (yield_): c
with (lambda: a): b
with (a, b), c: d
with (  # comment
    a,  # comment
    # comment
    b as c
): d
with \
    a: b
with (a) \
    : b
with [a]: b
with (): b
with (a), \
     (b): c
with (*a, b): c
with (a) + (b): c
with (not a): b
with (await_): b
def g():
    with (yield): a
    with ((yield)): a
    with (yield a): b
    with (yield from a) as b: c
del (a)
del a,
del (a),
del (a, b)
del ( a ) , b
del a . b, c [ d ]
del [a, b]
del ()
assert (a), (b)
assert ( a )
raise ( a )
raise ( a ) from ( b )
raise a (b) from  b
import a . b , c \
    . d as e
import a as b , c as d
from . import a
from .. import (a)
from ... import ( a as b , c , )
from .... a import b
from . a . b import c as d
from .a \
    .b import c
from a import *
from a import  *  # all
from a import (  # comment
    b,  # comment
    # comment
    c
    as d
    ,
)
global a , b
try : a
except: b
try: a
except ( A ): b
except ( A , B ) as c: d
except A as  b: c
else : e
finally : f
try: a
except* A: b
except *( A, B) as c: d
try:
    a
finally:
    b
a = b
( a ) = ( b )
a , b = c , d
( a , b ) = [ c , d ] = e
[ a , * b ] = c
* a , = b
a = ( b , )
a += ( b )
( a ) . b -= c , d
a[ b ] **= ( yield_ )
a @= b; a &= b; a |= b; a ^= b; a >>= b; a <<= b; a %= b; a /= b; a //= b; a *= b
pass ; pass

class A: pass ; pass
class B:
	"tabs"
	def f(self):
		if a:
			return 1
		return 2
def last():
    if a:
        pass

    # at the end of a block
# at the end of the file
