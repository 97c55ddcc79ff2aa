//! Names that may have been meant.

use std::collections::BTreeSet;

use codeintel_datasets::{DATASETS, Dataset, dataset_named};

use super::tree::TableName;

/// Less similar names are not suggested.
const LEAST_SIMILARITY: f64 = 0.8;
const MOST: usize = 3;

/// What is so much less similar than the best is not suggested, either.
const LARGEST_DIFFERENCE: f64 = 0.1;

/// The datasets among these tables.
pub(super) fn datasets(tables: &[TableName]) -> Vec<&'static str> {
    let named = |TableName { schema, name, .. }: &TableName| {
        let schema = schema.to_ascii_lowercase();
        let name = name.to_ascii_lowercase();
        let of_history = || DATASETS.iter().copied().find(|dataset| schema == "history" && dataset.table() == name);
        let full = if schema.is_empty() { format!("main.{name}") } else { format!("{schema}.{name}") };
        dataset_named(&full).filter(|dataset| dataset.name == full).or_else(of_history).map(|dataset| dataset.name)
    };
    tables.iter().filter_map(named).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether a dataset has this full name.
pub(super) fn is_dataset(name: &str) -> bool {
    DATASETS.iter().any(|dataset| dataset.name.eq_ignore_ascii_case(name))
}

/// Tables with similar names. The schema need not be given.
pub(super) fn tables(name: &str) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    let short = name.rsplit('.').next().unwrap_or_default();
    let score = |dataset: &Dataset| similarity(&name, dataset.name).max(similarity(short, dataset.table()));
    best(DATASETS.iter().map(|dataset| (score(dataset), dataset.name.to_owned())))
}

/// Columns of these tables with similar names, or else columns of other tables with just this name.
pub(super) fn columns(name: &str, tables: &[&str]) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    let of = |dataset: &'static Dataset| dataset.columns.iter().map(|column| column.name);
    let here = DATASETS.iter().copied().filter(|dataset| tables.contains(&dataset.name)).flat_map(of);
    let similar = best(here.map(|column| (similarity(&name, column), column.to_owned())));
    if !similar.is_empty() {
        return similar;
    }
    let elsewhere = DATASETS.iter().copied().filter(|dataset| of(dataset).any(|column| column == name));
    elsewhere.map(|dataset| format!("{}.{name}", dataset.name)).take(MOST).collect()
}

fn similarity(name: &str, candidate: &str) -> f64 {
    // A part of a name is often what is remembered of it.
    let has_part = name.len() > 2 && (candidate.contains(name) || name.contains(candidate));
    let score = strsim::jaro_winkler(name, candidate);
    if has_part { score.max(LEAST_SIMILARITY) } else { score }
}

fn best(scored: impl Iterator<Item = (f64, String)>) -> Vec<String> {
    let mut found: Vec<_> = scored.filter(|(score, _)| *score >= LEAST_SIMILARITY).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.dedup();
    let best = found.first().map_or(0.0, |(score, _)| *score);
    found
        .into_iter()
        .filter(|(score, _)| *score >= best - LARGEST_DIFFERENCE)
        .map(|(_, name)| name)
        .take(MOST)
        .collect()
}

/// `; did you mean ...?`, or nothing.
pub(super) fn as_question(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => format!("; did you mean {only}?"),
        Some((last, others)) => format!("; did you mean {} or {last}?", others.join(", ")),
    }
}

/// `in a, b`, or nothing.
pub(super) fn in_tables(tables: &[&str]) -> String {
    if tables.is_empty() { String::new() } else { format!(" in {}", tables.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_with_similar_names_are_suggested() {
        let check = |name: &str, expected: &str| assert_eq!(tables(name)[0], expected, "{name}");
        check("modules", "core.modules");
        check("core.moduls", "core.modules");
        check("CORE.AST_NODE", "core.ast_nodes");
        check("occurences", "scip.occurrences");
        check("goid", "core.goids");
        assert!(tables("xyzzy").is_empty());
    }

    #[test]
    fn columns_of_the_tables_in_the_query_come_first() {
        assert_eq!(columns("modul", &["core.modules"])[0], "module");
        assert!(columns("xyzzy", &["core.modules"]).is_empty());
        let elsewhere = columns("goid_h128", &["core.modules"]);
        assert!(elsewhere.contains(&"core.goids.goid_h128".to_owned()), "{elsewhere:?}");
    }

    #[test]
    fn datasets_are_recognised_however_they_are_named() {
        let table = |schema: &str, name: &str| TableName {
            schema: schema.to_owned(),
            name: name.to_owned(),
            ..TableName::default()
        };
        let tables =
            [table("Core", "MODULES"), table("history", "goids"), table("", "scip_index_view"), table("", "t")];
        assert_eq!(datasets(&tables), ["core.goids", "core.modules", "main.scip_index_view"]);
    }

    #[test]
    fn names_are_joined_as_a_sentence() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(as_question(&names), "; did you mean `a`, `b` or `c`?");
        assert_eq!(as_question(&names[..1]), "; did you mean `a`?");
        assert_eq!(as_question(&[]), "");
    }
}
