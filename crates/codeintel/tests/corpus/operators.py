# Expressions with parentheses, comments and blanks in every place.
( a )
( ( a ) )
(  # comment
    a  # comment
    # comment
)
( ) ; ( ( ) ) ; (  # comment
)
( a , ) ; ( a , b ) ; ( ( a ) , ( b ) ) ; (a), b ; a, (b), ; ((a, b), c)
( * a , ) ; ( * ( a ) , b ) ; * a , ; * a , ( b )
[ ] ; [ a ] ; [ ( a ) ] ; [ ( a ) , ] ; [ * a , ( b ) ] ; [ [ ] , [ a , ] ]
{ } ; { a } ; { ( a ) , } ; { * a , * ( b ) }
{ a : b } ; { ( a ) : ( b ) , } ; { ** a } ; { ** ( a ) , ( b ) : c , ** d }
{  # comment
    a  # comment
    :  # comment
    b  # comment
    ,  # comment
    ** c
}
a or b ; a or b or c ; ( a ) or ( b ) or ( c ) ; a and b or c and ( d or e ) ; ( a or b ) or c
(a
 or  # comment
 b
 and
 c)
not a ; not  ( a ) ; not not a ; - a ; - ( a ) ; + - ~ a ; -(  # comment
    a)
a + b ; ( a ) + ( b ) ; ( ( a ) + b ) * c ; a ** - b ; a @ b ; a // b
(a
 +  # comment
 # comment
 b
 -
 (c))
a if b else c ; ( a ) if ( b ) else ( c ) ; ( a if b else c ) if d else e ; a if b else ( c if d else e )
a < b ; ( a ) < ( b ) ; a < ( b ) < c ; a is  not b ; a not  in b ; ( a ) is not ( b ) not in ( c )
(a
 is
 # comment
 not b)
a . b ; ( a ) . b ; ( a . b ) . c ; a . b . c ( d ) . e [ f ] ; 1 .real ; "a" . b
(a
 .b  # comment
 .c
 ())
a ( ) ; a ( b ) ; a ( ( b ) ) ; a ( b , ) ; a ( ( b ) , ( c ) , ) ; ( a ) ( b ) ; a ( ) ( ) ; a ( ( ) )
a ( * b ) ; a ( * ( b ) , ) ; a ( ** b ) ; a ( ** ( b ) , ) ; a ( b = c ) ; a ( b = ( c ) , ) ; a ( b , * c , d = e , ** f )
a ( b for c in d ) ; a ( ( b for c in d ) ) ; a ( ( b for c in d ) , e ) ; a ( ( b ) for c in ( d ) ) ; a(b for c in d if (e))
a(
    b,  # comment
    # comment
    *c  # comment
    ,
    d
    =  # comment
    e,
)
a ( b := c ) ; a ( ( b := c ) ) ; a ( b = ( c := d ) ) ; ( a := ( b ) ) ; [ a := b , c ]
a [ b ] ; a [ ( b ) ] ; a [ b , ] ; a [ b , c ] ; a [ ( b , c ) ] ; a [ ( b ) , ( c ) ] ; a [ * b ] ; a [ * b , c ] ; a [ b := c ]
a [ : ] ; a [ b : ] ; a [ : b ] ; a [ b : c ] ; a [ : : ] ; a [ b : c : d ] ; a [ b : : d ] ; a [ : : d ] ; a [ b : c : ]
a [ ( b ) : ( c ) : ( d ) ] ; a [ b : , c ] ; a [ : , : , ... ] ; a [ b :  # comment
]
a [ lambda : b : c ] ; a [ b if c else d : e ]
( a for b in c ) ; ( ( a ) for ( b ) in ( c ) ) ; ( a for b , c in d ) ; ( a for b , in c ) ; (  # comment
    a  # comment
    for b in c  # comment
    if ( d )  # comment
    # comment
    if e
    for f in ( g )
)
[ ( a ) for b in c ] ; [ a for b in c for d in e if f for g in h ] ; [ ( a , b ) for c in d ] ; [ a if b else c for d in e if f or g ]
{ ( a ) for b in c } ; { ( a ) : ( b ) for c in ( d ) if ( e ) } ; { a : b for c , d in e }
lambda : ( a ) ; ( lambda : a ) ( ) ; lambda : ( yield_ ) ; lambda a : lambda b : c
"a" "b" ; ( "a" ) ; ( "a" "b" ) ; ( "a" ) + ( "b" "c" ) ; "a" "b" "c" ; ( "a"  # comment
    # comment
    'b'
    f"{c}" "d" ) ; "a" \
 "b"
f"{ a }" ; f"{ ( a ) }" ; f"{ a , b }" ; f"{ * a , }" ; f"{ a !r}" ; f"{ a = }" ; f"{ a = !r}" ; f"{a:}" ; f"{a!r:}"
f"{ a : b }" ; f"{a:{b}}" ; f"{a:{b}c{d!r}e}" ; f"{a:{b:{c}}}" ; f"{ {a} }" ; f"{ {a: b}[c] }" ; f"{(lambda: a)}" ; f"{a if b else c}" ; f"{yield_}"
f"{{" ; f"}}" ; f"{{}}" ; f"{{{a}}}" ; f"a{{b{c}d}}e" ; f"{a}{b}" ; f"" ; f'' "" ; F"a" ; fR"\{a}" ; Rb"a"
f'''
{
    a  # comment
    +
    b
:
{c}
}
'''
f"{f"{f"{a}"}"}" ; f"{a["b"]}" ; f"{'\n'.join(a)}" ; f"{a:%Y-%m}" ; f"{a:\x41}" ; f"\N{BULLET}{a}"
0 ; 00 ; 0x_1F ; 0O17 ; 0B1 ; 1_0 ; 1. ; .1 ; 1e1_0 ; 1E-1 ; 1J ; 1.j ; 1_0e1j ; 1if a else 2
... ; None ; True ; False ; __debug__ ; print ; exec
await_ ( a ) ; ( a ) ( b ) [ c ] . d
