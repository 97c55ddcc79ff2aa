//! What a user reads of types, without a type checker; `oracle.rs` compares it with CPython's answers.

use crate::Sandbox;

/// Expected values counted by hand from the rules on the page of `analytics.function_types`.
#[test]
fn annotations_are_counted_by_function_and_by_file() {
    let sandbox = Sandbox::new(
        "#- a.py\nfrom typing import Any, cast\nclass A:\n    def m(self, x: int, *args): pass\n    @staticmethod\n    def s(x: Any) -> None: ...\n\
         def f(): return lambda x: cast(int, x)  # type: ignore[attr-defined, misc]\n#- empty.py\n",
    );
    sandbox.ingest(&[]);
    let functions = "SELECT qualname, annotated_params || '/' || total_params, return_type_source, typedness_bucket \
                     FROM analytics.function_types ORDER BY start_line";
    let expected = ["a.A.m,1/2,inferred,partial", "a.A.s,1/1,annotation,typed", "a.f,0/0,inferred,untyped"];
    assert_eq!(sandbox.query(functions), expected);
    let files = "SELECT path, annotation_ratio->>'params', round((annotation_ratio->>'returns')::DOUBLE, 2), untyped_defs, \
                 overlay_needed, type_error_count IS NULL FROM analytics.typedness ORDER BY path";
    assert_eq!(sandbox.query(files), ["a.py,0.6666666666666666,0.33,1,true,true", "empty.py,,,0,false,true"]);
    let escapes =
        "SELECT kind, lineno, coalesce(codes->>1, '') FROM analytics.type_escapes ORDER BY lineno, col_offset";
    assert_eq!(sandbox.query(escapes), ["any,5,", "cast,6,", "ignore,6,misc"]);

    sandbox.write("empty.py", "def g(x: int) -> int: return x\n");
    sandbox.ingest(&[]);
    assert_eq!(sandbox.query(files)[1], "empty.py,1.0,1.0,0,false,true");
    sandbox.assert_verified();
}
