"""Type parameters, annotations and parameters, with comments and blanks in every place."""
type A = int
type B[T] = list [T]
type C [ T , *Ts , ** P ] = (int)
type D[T: (int), U: (int, str) = (int), *V = *tuple[int], **W = [int]] = T
type = 1
type (x)
type[x]
def f[T](a: T, *args: * Ts) -> (T): ...
def f [ T : int , ] ( a ) : ...
class C1[T, ]: ...
class C2 [T] (B, metaclass = M, ): ...
class C3(): ...
class C4( # nothing
): ...
class C5(*bases, ** kwargs): ...
class C6(B)  : pass
def g( ): pass
def g(  # nothing
): pass
def g(a, ): pass
def g(a, /): pass
def g(a, / , ): pass
def g(a, b=(1), / , c=((2)) , * , d , e=3 , ): pass
def g(a, /, *, b): pass
def g(a, /, *args, b): pass
def g(*, a): pass
def g(* , a: int = 1, **k): pass
def g(* args): pass
def g(** kwargs , ): pass
def g(
    a,  # first
    # alone
    /,  # positional only
    b: int  # why
    = 1,
    *,  # keyword only
    c,
): pass
def g(a: (int), b: (int) = (1), *c: (int), d: (int), **e: (str)) -> ( (int) ) : pass
def g(a: lambda: 1 = lambda x=(1), *y: x) -> "str": pass
async  def h() : pass
async \
    def h(): pass
@ a
@ ( b )
@c [0] (1) . d
# between
@(yield_ := e)  # behind

# more
async def h(): pass
class C7:
    @property
    # comment
    def p(self): pass

    @p.setter

    def p(self, value): pass
if a:
    @b
    class C8: pass
else:
    @b
    @c
    def f(): pass
lambda: 1
lambda : 1
lambda a : a
lambda a , : a
lambda a=(1) : (a)
lambda *, a : a
lambda * a, b=1, ** c : a
lambda a, / : a
lambda a, /, * , b : a
lambda a, b=lambda c: d: e
(lambda
  a  # comment
  , b
 : a)
x: int
x : (int) = (1)
x.y: int
x[0] : "int" = yield
