class A:
    b: B
    def f(self, c: C) -> D: ...
x: Later
