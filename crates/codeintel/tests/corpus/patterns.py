"""Every pattern, with parentheses, commas and blanks in every place."""
match (  # subject
    a
):
    # before a case
    case (1): pass
    case ((1)): pass
    case ( -1 ) | (2): pass
    case (1 | (2 | 3)) | 4: pass
    case (  # in a group
        None
    ): pass
    case (True) | False: pass
    case (a): pass
    case (_): pass
    case "a" 'b' | (b"c") | f.g . h: pass

    case []: pass
    case [ ]: pass
    case (): pass
    case ( ): pass
    case (a,): pass
    case ( a , ): pass
    case ((a),): pass
    case (a), b: pass
    case (a), (b): pass
    case a, (b),: pass
    case a,: pass
    case *a,: pass
    case * a , * _ : pass
    case [*_]: pass
    case [ * rest , ]: pass
    case [a], [b]: pass
    case [ ( a ) , b , * c ]: pass
    case (a, [b, (c, d)], *e): pass
    case [
        a,  # first
        b
        ,
        # then
    ]: pass
    case {}: pass
    case { }: pass
    case {"a": 1}: pass
    case { "a" : (1) , -1 : [b] , }: pass
    case {"a": 1, ** rest}: pass
    case {**rest,}: pass
    case {a.b: c, None: d, 1 + 2j: e, **rest , }: pass
    case A(): pass
    case A( ): pass
    case A(1): pass
    case A((1)): pass
    case A( (1) , ): pass
    case A(b=1): pass
    case A( b = (1) , ): pass
    case a.B (1, c = d , e=(f) ,): pass
    case A(
        x,  # positional
        y=0,  # keyword
    ): pass
    case (1 as b): pass
    case (1) as b: pass
    case ((1 | 2) as b) | (3 as b): pass
    case A(x=(1 | 2 as y)) as z if z > y: pass
    case a, b if (a): pass
    case (a, b) as c if (yield): pass
    case [(1 as a), *_] as b: pass
match a, b:
    case _: pass
match *a, b:
    case _:
        match c,:
            case _:
                pass
match [a]:
    case [1 |
          2]: pass
match {}: # comment
    case _: pass;
match -a:
    case 1: pass
match(a)
match = {case: 1}
