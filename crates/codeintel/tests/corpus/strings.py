f""
f"a" "b" f'' 'c'
f"{a}{b!r}{c:>{width}.{prec}}{d!s:^10}"
f"{x=}" f"{ x = }" f"{x=!r}" f"{x=:>5}" f"a{x = !s:{w}}b"
f"{{}}" f"{{{a}}}"
f"{a['b']}" f'{a["b"]}' f"{f"{f'{x}'}"}"
f"""
multi {
    a
    + b  # comment
} line
{c:
}"""
f"{lambda_ (1)}{(lambda: 1)()}"
f"{a:{b:{c}}}"
f"{x:%Y-%m-%d}"
f"{a,}{*b,}"
f"\N{BULLET} {x} \x41"
rf"\d{x}\n"
f"é{x}😀{y}é" "é"
f'{a!r:{b}c{d}}'
f"{yield_}"
def f():
    f"not a docstring"
def g():
    "a" "docstring"
def h():
    """Tab	docstring

	with	tabs
        and spaces
    """
def i():
    ("parenthesised")
def j():
    b"bytes"
f'{x:\N{BULLET}}'; f"""\N{DEGREE SIGN}{x:a
\N{X-RAY}{y!r:{z}\N{JACK-O-LANTERN}}b}\N{BULLET}"""; f'{x:\\N{y}}' f'{f'\N{BULLET}':{z}\N{BULLET}}'
