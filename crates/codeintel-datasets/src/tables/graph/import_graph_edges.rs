//! `graph.import_graph_edges`: which file imports which.

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, RecordBatch};
use codeintel_graph::{ResolvedImport, import_edges};
use serde_json::json;

use crate::dataset::{Dataset, Facts, From, Maker};
use crate::table::StoredColumns as _;
use crate::tables::core::imports::{self, resolved_imports};

stored_table! {
    /// One row for each file and each file or outside package that it imports.
    import_edges {
        derivation_id: Int,
        src_path: Text,
        dst_path: Null<Text>,
        src_module: Text,
        dst_module: Text,
        names: Text,
        lineno: Int,
        is_type_checking: Flag,
        src_fan_out: Int,
        dst_fan_in: Int,
        cycle_group: Null<Int>,
        module_layer: Int,
    }
}

pub(crate) static FACTS: Facts = Facts {
    name: "graph.import_graph_edges",
    version: 2,
    tables: &[&import_edges::TABLE],
    uses: &[],
    maker: Maker::Derived {
        reads: &[&imports::FACTS],
        input: concat!(resolved_imports!(), ",\n", include_str!("import_graph_edges.sql")),
        build,
    },
};

pub(crate) static DATASET: Dataset = Dataset {
    name: "graph.import_graph_edges",
    doc: "One row for each file and each file that it imports, and one for each file and each package from outside that it imports.\n\n\
          Nodes are files, so that two modules of one name stay two. An import leads to the file that `core.imports` names: `from a import b` to the module \
          `a.b` if there is one, else to `a`; not to the packages around it, which it runs as well. A file that imports from itself has an edge to itself. What is \
          inside of `if TYPE_CHECKING:` counts, too. Between the modules of one package these are the edges of grimp.\n\n\
          `cycle_group` numbers the groups of files that import one another, directly or through others. `module_layer` is 0 for files that import no other file of the \
          repository, and else one more than the highest layer that is imported; files of one cycle share a layer.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        src_module Varchar ! "Importable name of the importing file, as in `core.modules`.";
        dst_module Varchar ! "The same of the file that is imported; the name of a package from outside, without its modules.";
        names Json ! "List of the names that are imported, sorted; `*` for all. `from a import b` has the name `b`, also where `a.b` is the module itself.";
        lineno Integer ! "The first line on which it is imported, from 1.";
        is_type_checking Boolean ! "Whether all of these imports are for type checkers only.";
        is_external Boolean ! "Whether it comes from outside of the repository." = "t.dst_path IS NULL";
        src_fan_out Integer ! "How many other files of the repository `src_path` imports.";
        dst_fan_in Integer ! "How many other files import what is imported.";
        cycle_group Integer ? "Number of the cycle that the edge is part of, from 1 in the order of the cycles' first paths.";
        module_layer Integer ! "The layer of `src_path`, from 0.";
        src_path Varchar ! "Path of the importing file from the repository's root.";
        dst_path Varchar ? "Path of the file that is imported.";
    },
    from: From::Facts(&import_edges::TABLE),
    reads: &[&FACTS],
    also: &[],
};

/// The edges of some imports. The input has the columns `rel_path, module, target_path, target_module, name, lineno, is_type_checking`.
fn build(derivation_id: i32, input: &[RecordBatch]) -> Vec<RecordBatch> {
    let mut found = Vec::new();
    let mut modules = std::collections::BTreeMap::new();
    for batch in input {
        let text = |column: usize| batch.column(column).as_string::<i32>();
        let (paths, own, target_paths, target_modules, names) = (text(0), text(1), text(2), text(3), text(4));
        let lines = batch.column(5).as_primitive::<Int32Type>();
        let for_types = batch.column(6).as_boolean();
        for row in 0..batch.num_rows() {
            modules.insert(paths.value(row), own.value(row));
            found.push(ResolvedImport {
                src_path: paths.value(row),
                dst_path: target_paths.is_valid(row).then(|| target_paths.value(row)),
                dst_module: target_modules.value(row),
                name: names.is_valid(row).then(|| names.value(row)),
                line: lines.value(row),
                is_type_checking: for_types.value(row),
            });
        }
    }
    let mut columns = import_edges::Columns::default();
    let mut batches = Vec::new();
    for edge in import_edges(&found) {
        columns.push(import_edges::Row {
            derivation_id,
            src_path: edge.src_path,
            dst_path: edge.dst_path,
            src_module: modules[edge.src_path],
            dst_module: edge.dst_module,
            names: &json!(edge.names).to_string(),
            lineno: edge.line,
            is_type_checking: edge.is_type_checking,
            src_fan_out: edge.src_fan_out as i32,
            dst_fan_in: edge.dst_fan_in as i32,
            cycle_group: edge.cycle.map(|cycle| cycle as i32),
            module_layer: edge.layer as i32,
        });
        if columns.is_full() {
            batches.push(columns.take());
        }
    }
    batches.push(columns.take());
    batches
}
