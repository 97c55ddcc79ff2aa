//! The names of LibCST's node classes.

use crate::named_enum::named_enum;

named_enum! {
    /// A node class of LibCST, whitespace and punctuation left out. Classes that have children come first.
    CstKind {
        Module = "Module", IndentedBlock = "IndentedBlock", SimpleStatementLine = "SimpleStatementLine",
        SimpleStatementSuite = "SimpleStatementSuite", Expr = "Expr", Call = "Call", Arg = "Arg",
        Attribute = "Attribute", Assign = "Assign", AssignTarget = "AssignTarget", FunctionDef = "FunctionDef",
        ClassDef = "ClassDef", Parameters = "Parameters", Param = "Param", Annotation = "Annotation", If = "If",
        Else = "Else", Return = "Return", Comparison = "Comparison", ComparisonTarget = "ComparisonTarget",
        BinaryOperation = "BinaryOperation", BooleanOperation = "BooleanOperation",
        UnaryOperation = "UnaryOperation", Subscript = "Subscript", SubscriptElement = "SubscriptElement",
        Index = "Index", Slice = "Slice", Dict = "Dict", DictElement = "DictElement", List = "List",
        Element = "Element", Tuple = "Tuple", Set = "Set", StarredElement = "StarredElement",
        StarredDictElement = "StarredDictElement", For = "For", While = "While", With = "With",
        WithItem = "WithItem", AsName = "AsName", Try = "Try", TryStar = "TryStar", ExceptHandler = "ExceptHandler",
        ExceptStarHandler = "ExceptStarHandler", Finally = "Finally", Raise = "Raise", From = "From",
        Decorator = "Decorator", ImportFrom = "ImportFrom", Import = "Import", ImportAlias = "ImportAlias",
        FormattedString = "FormattedString", FormattedStringExpression = "FormattedStringExpression",
        ConcatenatedString = "ConcatenatedString", TemplatedString = "TemplatedString",
        TemplatedStringExpression = "TemplatedStringExpression", GeneratorExp = "GeneratorExp",
        ListComp = "ListComp", SetComp = "SetComp", DictComp = "DictComp", CompFor = "CompFor", CompIf = "CompIf",
        IfExp = "IfExp", Lambda = "Lambda", NamedExpr = "NamedExpr", Await = "Await", Yield = "Yield",
        AugAssign = "AugAssign", AnnAssign = "AnnAssign", Assert = "Assert", Del = "Del", Global = "Global",
        Nonlocal = "Nonlocal", NameItem = "NameItem", TypeAlias = "TypeAlias", TypeParameters = "TypeParameters",
        TypeParam = "TypeParam", TypeVar = "TypeVar", TypeVarTuple = "TypeVarTuple", ParamSpec = "ParamSpec",
        Match = "Match", MatchCase = "MatchCase", MatchValue = "MatchValue", MatchSingleton = "MatchSingleton",
        MatchList = "MatchList", MatchTuple = "MatchTuple", MatchSequenceElement = "MatchSequenceElement",
        MatchStar = "MatchStar", MatchMapping = "MatchMapping", MatchMappingElement = "MatchMappingElement",
        MatchClass = "MatchClass", MatchKeywordElement = "MatchKeywordElement", MatchAs = "MatchAs",
        MatchOr = "MatchOr", MatchOrElement = "MatchOrElement",
        Name = "Name", SimpleString = "SimpleString", Integer = "Integer", Float = "Float",
        Imaginary = "Imaginary", Ellipsis = "Ellipsis", FormattedStringText = "FormattedStringText",
        TemplatedStringText = "TemplatedStringText", Pass = "Pass", Break = "Break", Continue = "Continue",
        ImportStar = "ImportStar", ParamStar = "ParamStar", ParamSlash = "ParamSlash",
        Asynchronous = "Asynchronous", And = "And", Or = "Or", Not = "Not", Plus = "Plus", Minus = "Minus",
        BitInvert = "BitInvert", Add = "Add", Subtract = "Subtract", Multiply = "Multiply",
        MatrixMultiply = "MatrixMultiply", Divide = "Divide", Modulo = "Modulo", Power = "Power",
        LeftShift = "LeftShift", RightShift = "RightShift", BitOr = "BitOr", BitXor = "BitXor", BitAnd = "BitAnd",
        FloorDivide = "FloorDivide", Equal = "Equal", NotEqual = "NotEqual", LessThan = "LessThan",
        LessThanEqual = "LessThanEqual", GreaterThan = "GreaterThan", GreaterThanEqual = "GreaterThanEqual",
        Is = "Is", IsNot = "IsNot", In = "In", NotIn = "NotIn", AddAssign = "AddAssign",
        SubtractAssign = "SubtractAssign", MultiplyAssign = "MultiplyAssign",
        MatrixMultiplyAssign = "MatrixMultiplyAssign", DivideAssign = "DivideAssign",
        ModuloAssign = "ModuloAssign", PowerAssign = "PowerAssign", LeftShiftAssign = "LeftShiftAssign",
        RightShiftAssign = "RightShiftAssign", BitOrAssign = "BitOrAssign", BitXorAssign = "BitXorAssign",
        BitAndAssign = "BitAndAssign", FloorDivideAssign = "FloorDivideAssign",
    }
}

impl CstKind {
    /// Whether the class is a named scope: a function or a class.
    pub fn is_definition(self) -> bool {
        matches!(self, Self::FunctionDef | Self::ClassDef)
    }
}
