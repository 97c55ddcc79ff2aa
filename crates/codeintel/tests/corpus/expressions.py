a if b else c if d else e
not a and b or c and not d
a < b <= c != d is not e not in f
-a ** -b + ~c @ d // e % f << g >> h & i ^ j | k
f(a, *b, c=d, **e)(x for x in y)
f((x for x in y), z)
f(x for x in y if z if w for v in u)
g(a)[b, c:d, ::e, ...][f:g:h]
x[*a, b], x[a:b, c]
{**a, "b": c, **d}
{1, *a}; [*a, b]; (*a, b); (); []; {}
{k: v for k, v in a for b in c if d}
{x for x in y}
[(yield)]
(a := 1, b := 2)
lambda a, *b, c=1, **d: (a, b)
lambda: (yield)
await_ = async_ = print
0x_ff, 0b1, 0o7, 1_000, 1e10, 1.5j, 10 ** 100, 123456789012345678901234567890
True, False, None, ..., Ellipsis
b"a" b'\xff' rb"\d"
"a" 'b' """c
d""" r'\n' u"e"
("multi"
 "line"
 # comment
 "string")
a.b.c . d
(a)
((a), (b))
a\
.b\
 (c)
x = (  # comment
    1 +  # more
    2
)
print(*args, sep="")
"\ud800" "\N{BULLET}"
ﬁ = 1; ºª = ﬁ  # names are NFKC-normalised
变量 = "😀😀" + é
