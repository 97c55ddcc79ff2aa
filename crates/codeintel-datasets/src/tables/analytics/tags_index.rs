//! `analytics.tags_index`: the tags that the repository declares.

use crate::dataset::{Dataset, From};

pub(crate) static DATASET: Dataset = Dataset {
    name: "analytics.tags_index",
    doc: "One row for each tag that `tags_index.yaml` at the repository's root declares.\n\n\
          The file is a list of mappings with the keys `tag`, `description`, `includes`, `excludes` and `matches`. A file \
          has a tag when its path is listed in `matches`, or when it matches a pattern of `includes` and none of \
          `excludes`. Patterns are those of Python's `fnmatch`: `*` also matches `/`. A file that cannot be read as such a \
          list gives no tags and a row in `core.problems`.",
    columns: columns! {
        repo Varchar ! "Slug of the repository.";
        commit Varchar ! "Commit, as in `core.snapshots`.";
        tag Varchar ! "Name of the tag.";
        description Varchar ! "What it means; empty where nothing is said.";
        includes Json ! "List of patterns.";
        excludes Json ! "List of patterns.";
        matches Json ! "List of paths.";
    },
    from: From::Query(
        "SELECT s.repo, s.commit, t.tag, t.description, t.includes::JSON AS includes, t.excludes::JSON AS excludes, \
           t.matches::JSON AS matches FROM {snapshots} s JOIN store.tags t USING (snapshot_id)",
    ),
    reads: &[],
    also: &[],
};
