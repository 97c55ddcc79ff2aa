//! The names of CPython's node classes and of their fields.

use crate::named_enum::named_enum;

named_enum! {
    /// A node class of CPython 3.13's `ast`, and of 3.14's for template strings.
    Kind {
        Module = "Module", FunctionDef = "FunctionDef", AsyncFunctionDef = "AsyncFunctionDef", ClassDef = "ClassDef",
        Return = "Return", Delete = "Delete", Assign = "Assign", TypeAlias = "TypeAlias", AugAssign = "AugAssign",
        AnnAssign = "AnnAssign", For = "For", AsyncFor = "AsyncFor", While = "While", If = "If", With = "With",
        AsyncWith = "AsyncWith", Match = "Match", Raise = "Raise", Try = "Try", TryStar = "TryStar",
        Assert = "Assert", Import = "Import", ImportFrom = "ImportFrom", Global = "Global", Nonlocal = "Nonlocal",
        Expr = "Expr", Pass = "Pass", Break = "Break", Continue = "Continue", BoolOp = "BoolOp",
        NamedExpr = "NamedExpr", BinOp = "BinOp", UnaryOp = "UnaryOp", Lambda = "Lambda", IfExp = "IfExp",
        Dict = "Dict", Set = "Set", ListComp = "ListComp", SetComp = "SetComp", DictComp = "DictComp",
        GeneratorExp = "GeneratorExp", Await = "Await", Yield = "Yield", YieldFrom = "YieldFrom", Compare = "Compare",
        Call = "Call", FormattedValue = "FormattedValue", Interpolation = "Interpolation", JoinedStr = "JoinedStr",
        TemplateStr = "TemplateStr", Constant = "Constant", Attribute = "Attribute", Subscript = "Subscript",
        Starred = "Starred", Name = "Name", List = "List", Tuple = "Tuple", Slice = "Slice", Load = "Load",
        Store = "Store", Del = "Del", And = "And", Or = "Or", Add = "Add", Sub = "Sub", Mult = "Mult",
        MatMult = "MatMult", Div = "Div", Mod = "Mod", Pow = "Pow", LShift = "LShift", RShift = "RShift",
        BitOr = "BitOr", BitXor = "BitXor", BitAnd = "BitAnd", FloorDiv = "FloorDiv", Invert = "Invert", Not = "Not",
        UAdd = "UAdd", USub = "USub", Eq = "Eq", NotEq = "NotEq", Lt = "Lt", LtE = "LtE", Gt = "Gt", GtE = "GtE",
        Is = "Is", IsNot = "IsNot", In = "In", NotIn = "NotIn", Comprehension = "comprehension",
        ExceptHandler = "ExceptHandler", Arguments = "arguments", Arg = "arg", Keyword = "keyword", Alias = "alias",
        Withitem = "withitem", MatchCase = "match_case", MatchValue = "MatchValue", MatchSingleton = "MatchSingleton",
        MatchSequence = "MatchSequence", MatchMapping = "MatchMapping", MatchClass = "MatchClass",
        MatchStar = "MatchStar", MatchAs = "MatchAs", MatchOr = "MatchOr", TypeVar = "TypeVar",
        ParamSpec = "ParamSpec", TypeVarTuple = "TypeVarTuple",
    }
}

named_enum! {
    /// A field of a node that holds other nodes.
    Field {
        Body = "body", TypeIgnores = "type_ignores", Args = "args", DecoratorList = "decorator_list",
        Returns = "returns", TypeParams = "type_params", Bases = "bases", Keywords = "keywords", Value = "value",
        Targets = "targets", Target = "target", Op = "op", Annotation = "annotation", Iter = "iter",
        Orelse = "orelse", Test = "test", Items = "items", Subject = "subject", Cases = "cases", Exc = "exc",
        Cause = "cause", Handlers = "handlers", Finalbody = "finalbody", Msg = "msg", Names = "names",
        Values = "values", Left = "left", Right = "right", Operand = "operand", Keys = "keys", Elts = "elts",
        Elt = "elt", Generators = "generators", Key = "key", Ops = "ops", Comparators = "comparators", Func = "func",
        FormatSpec = "format_spec", Slice = "slice", Ctx = "ctx", Lower = "lower", Upper = "upper", Step = "step",
        Ifs = "ifs", Type = "type", Posonlyargs = "posonlyargs", Vararg = "vararg", Kwonlyargs = "kwonlyargs",
        KwDefaults = "kw_defaults", Kwarg = "kwarg", Defaults = "defaults", ContextExpr = "context_expr",
        OptionalVars = "optional_vars", Pattern = "pattern", Guard = "guard", Patterns = "patterns", Cls = "cls",
        KwdPatterns = "kwd_patterns", Bound = "bound", DefaultValue = "default_value", Name = "name",
    }
}

impl Kind {
    /// Whether the class is a statement (`ast.stmt`).
    pub fn is_statement(self) -> bool {
        (Self::FunctionDef..=Self::Continue).contains(&self)
    }

    /// Whether the node opens a scope of its own that has a name: a function or a class.
    pub fn is_definition(self) -> bool {
        matches!(self, Self::FunctionDef | Self::AsyncFunctionDef | Self::ClassDef)
    }
}
