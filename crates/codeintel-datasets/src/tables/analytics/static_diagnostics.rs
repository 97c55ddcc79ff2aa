//! `analytics.static_diagnostics`: how many errors each file has.

use crate::dataset::{Dataset, From};
use crate::tables::analytics::diagnostics;

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.static_diagnostics",
    doc: "One row for each file: how many errors type checkers and linters find in it.\n\n\
          Findings of the severity `error` in `analytics.diagnostics` count. NULL means that it is not known: the tool was not asked for, could not \
          be run, failed, or its configuration leaves the file out.\n\n\
          A defect that several tools report counts once in `total_errors`: on each line and for each kind of defect, the tool with the most errors \
          counts. Codes of the same kind are, for pyright, pyrefly and ruff:\n\n\
          | kind | codes |\n|---|---|\n\
          | syntax | (none), `parse-error`, `invalid-syntax` of pyrefly, `invalid-syntax`, `F704`, `F706` |\n\
          | abstract class | `reportAbstractUsage`, `bad-instantiation` |\n\
          | undefined name | `reportUndefinedVariable`, `unknown-name`, `F821` |\n\
          | unbound name | `reportPossiblyUnbound`, `reportPossiblyUnboundVariable`, `reportUnboundVariable`, `unbound-name`, `F823` |\n\
          | import | `reportMissingImports`, `reportMissingModuleSource`, `missing-import`, `missing-source`, `missing-source-for-stubs` |\n\
          | attribute | `reportAttributeAccessIssue`, `reportFunctionMemberAccess`, `reportOptionalMemberAccess`, `missing-attribute`, `missing-module-attribute` |\n\
          | call | `reportArgumentType`, `reportCallIssue`, `reportOptionalCall`, `bad-argument-type`, `bad-argument-count`, `bad-keyword-argument`, `missing-argument`, `unexpected-keyword`, `unexpected-positional-argument`, `no-matching-overload`, `not-callable` |\n\
          | operator | `reportOperatorIssue`, `reportOptionalOperand`, `reportIndexIssue`, `reportOptionalSubscript`, `reportOptionalIterable`, `reportOptionalContextManager`, `unsupported-operation`, `bad-index`, `not-iterable`, `bad-context-manager` |\n\
          | assignment | `reportAssignmentType`, `bad-assignment` |\n\
          | return | `reportReturnType`, `bad-return` |\n\
          | override | `reportIncompatibleMethodOverride`, `reportIncompatibleVariableOverride`, `bad-override` |\n\
          | annotation | `reportInvalidTypeForm`, `invalid-annotation` |\n\
          | redefinition | `reportRedeclaration`, `redefinition`, `F811` |\n\
          | unused import | `reportUnusedImport`, `unused-import`, `F401` |\n\
          | unused variable | `reportUnusedVariable`, `unused-variable`, `F841` |\n\
          | unused expression | `reportUnusedExpression`, `B018` |\n\
          | unused coroutine | `reportUnusedCoroutine`, `unused-coroutine` |\n\
          | `__all__` | `reportUnsupportedDunderAll`, `bad-dunder-all`, `F822` |",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path from the repository's root.";
        pyrefly_errors Integer ? "Errors of pyrefly; NULL where not known.";
        pyright_errors Integer ? "Errors of pyright; NULL where not known.";
        ruff_errors Integer ? "Errors of ruff; NULL where not known.";
        total_errors Integer ? "Distinct defects that any tool reports as errors; NULL where none has looked at the file.";
        has_errors Boolean ? "Whether there are any; NULL where none has looked at the file.";
    },
    from: From::Query(concat!(
        "SELECT s.repo, s.commit, f.rel_path, e.pyrefly::INTEGER AS pyrefly_errors, e.pyright::INTEGER AS pyright_errors, \
           e.ruff::INTEGER AS ruff_errors, e.total::INTEGER AS total_errors, e.total > 0 AS has_errors \
           FROM {snapshots} s JOIN store.files f USING (snapshot_id) LEFT JOIN (",
        tool_errors!(),
        ") e USING (snapshot_id, rel_path)"
    )),
    reads: &[&diagnostics::FACTS],
    also: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_the_kinds_of_all_codes() {
        let rows = tool_errors!().split("(VALUES ").nth(1).and_then(|rest| rest.split(") k(").next()).unwrap();
        let rows = rows.trim_matches(['(', ')']).split("), (");
        let mut codes = 0;
        for row in rows {
            let [_, code, kind] = row.split(", ").map(|text| text.trim_matches('\'')).collect::<Vec<_>>()[..] else {
                panic!("{row}");
            };
            let line = DATASET.doc.lines().find(|line| line.trim_matches(['|', ' ', '`']).starts_with(kind)).unwrap();
            let said = if code.is_empty() { "(none)".to_owned() } else { format!("`{code}`") };
            assert!(line.contains(&said), "{row}");
            codes += 1;
        }
        let said = DATASET.doc.lines().filter(|line| line.starts_with("| ")).skip(1);
        assert_eq!(said.map(|line| line.matches(", ").count() + 1).sum::<usize>(), codes);
    }
}
