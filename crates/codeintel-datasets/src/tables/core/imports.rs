//! `core.imports`: what import statements bind, and where it comes from.

use codeintel_python::ImportedName;

use crate::dataset::{Dataset, Extraction, Extractor, Facts, From, Maker, Sink, Tree};

stored_table! {
    /// One row for each name that an import statement binds.
    imports {
        content_id: Int,
        lineno: Int,
        end_lineno: Int,
        level: Int,
        imported_module: Null<Text>,
        imported_name: Null<Text>,
        alias: Null<Text>,
        is_star: Flag,
        is_type_checking: Flag,
        is_conditional: Flag,
        scope: Text,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "core.imports",
    version: 1,
    tables: &[&imports::TABLE],
    uses: &[],
    maker: Maker::Parse { tree: Tree::Abstract, rows: || Extractor::boxed(extract) },
};

/// The SQL that finds the file behind each import, as the tables `imports` and `namespaces`.
macro_rules! resolved_imports {
    () => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tables/core/resolved_imports.sql"))
    };
}
pub(crate) use resolved_imports;

pub(crate) static DATASET: Dataset = Dataset {
    name: "core.imports",
    doc: "One row for each name that an import statement binds, and one for each `from module import *`.\n\n\
          `target_path` is the file that the name comes from: the module itself, or a module in it of that name. A name is looked for in the source root \
          that holds the importing file, then in all of them, the deepest first (see `core.modules`), then in the file's own folder, if that is no package, \
          as Python does for scripts. Where a source and a stub have the same name, it is the source. Of `import a.b.c` where there is no such module it is \
          the package `a.b`, which such an import runs at least. It is NULL for what is outside of the repository, for packages without a file of their own, \
          and for what is not there.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        rel_path Varchar ! "Path of the importing file from the repository's root.";
        module Varchar ! "Its importable name, as in `core.modules`.";
        lineno Integer ! "First line of the statement, from 1.";
        end_lineno Integer ! "Last line of the statement.";
        level Integer ! "How many dots a relative import begins with.";
        imported_module Varchar ? "The dotted name of the module as written, without these dots; NULL in `from . import a`.";
        imported_name Varchar ? "The name taken from the module; NULL where the module itself is imported, or all its names are.";
        alias Varchar ? "The name behind `as`.";
        is_star Boolean ! "Whether it is `from module import *`.";
        is_type_checking Boolean ! "Whether it stands where type checkers only go: in `if TYPE_CHECKING:` or in the `else` of its opposite.";
        is_conditional Boolean ! "Whether running its scope may pass it by: it stands in an `if`, a loop, a `try` or a `match` of that scope.";
        scope_qualname Varchar ! "The module, class or function that it stands in, as in `core.goids`.";
        target_path Varchar ? "The file that the name comes from.";
        target_module Varchar ? "Its importable name; of what is no file of the repository, the module as written; NULL where a relative import leads to nothing.";
        is_external Boolean ! "Whether it comes from outside of the repository.";
    },
    from: From::Query(concat!(
        resolved_imports!(),
        "SELECT f.repo, f.commit, f.rel_path, f.module, f.lineno, f.end_lineno, f.level, f.imported_module, f.imported_name, f.alias, \
           f.is_star, f.is_type_checking, f.is_conditional, ",
        qualname!("f.scope"),
        " AS scope_qualname, f.target_path, coalesce(f.found_module, CASE WHEN f.level = 0 THEN f.base END) AS target_module, f.is_external \
           FROM imports f"
    )),
    reads: &[&FACTS],
    also: &[],
};

fn extract(columns: &mut Sink<'_, imports::Columns>, content_id: i32, extraction: Extraction<'_>) {
    let Some(parsed) = extraction.parsed else { return };
    for import in ImportedName::all(parsed.file) {
        columns.push(imports::Row {
            content_id,
            lineno: import.lineno as i32,
            end_lineno: import.end_lineno as i32,
            level: import.level as i32,
            imported_module: import.module,
            imported_name: import.name,
            alias: import.alias,
            is_star: import.is_star,
            is_type_checking: import.is_type_checking,
            is_conditional: import.is_conditional,
            scope: &import.scope,
        });
    }
}
