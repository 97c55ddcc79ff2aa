def good(): pass
x = (1,
def bad(:
    pass
class Good:
    def m(self): return 1
