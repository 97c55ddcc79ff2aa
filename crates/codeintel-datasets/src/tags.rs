//! `tags_index.yaml`: tags that a repository gives to its files.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

/// One entry of `tags_index.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Its name.
    pub tag: String,
    /// What it means.
    #[serde(default)]
    pub description: String,
    /// Patterns as in Python's `fnmatch`; a file that matches one has the tag.
    #[serde(default)]
    pub includes: Vec<String>,
    /// Patterns; a file that matches one has the tag only if `matches` lists it.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// Paths that have the tag in any case.
    #[serde(default)]
    pub matches: Vec<String>,
}

/// Why `tags_index.yaml` cannot be used.
#[derive(Debug)]
pub struct TagsError(String);

impl std::fmt::Display for TagsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TagsError {}

/// All tags of a repository, ready to be matched.
#[derive(Debug, Default)]
pub struct TagsIndex {
    tags: Vec<Tag>,
    patterns: Vec<(GlobSet, GlobSet)>,
}

impl TagsIndex {
    /// Read the text of `tags_index.yaml`.
    pub fn parse(yaml: &str) -> Result<Self, TagsError> {
        let tags: Option<Vec<Tag>> = serde_norway::from_str(yaml).map_err(|error| TagsError(error.to_string()))?;
        let tags = tags.unwrap_or_default();
        let patterns = tags
            .iter()
            .map(|tag| Ok((globs(&tag.includes)?, globs(&tag.excludes)?)))
            .collect::<Result<_, globset::Error>>()
            .map_err(|error| TagsError(error.to_string()))?;
        Ok(Self { tags, patterns })
    }

    /// The tags as declared.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The tags of a file, sorted and without repetition.
    pub fn tags_of(&self, path: &str) -> Vec<&str> {
        let has = |(tag, (includes, excludes)): &(&Tag, &(GlobSet, GlobSet))| {
            tag.matches.iter().any(|listed| listed == path) || includes.is_match(path) && !excludes.is_match(path)
        };
        let mut tags: Vec<&str> =
            self.tags.iter().zip(&self.patterns).filter(has).map(|(tag, _)| tag.tag.as_str()).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

/// `fnmatch` lets `*` and `?` match `/`, and knows neither braces nor escapes.
fn globs(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let literal_braces = pattern.replace('{', "[{]").replace('}', "[}]");
        set.add(GlobBuilder::new(&literal_braces).literal_separator(false).backslash_escape(false).build()?);
    }
    set.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_exceptions_and_listed_paths() {
        let index = TagsIndex::parse(
            "- tag: web\n  description: pages\n  includes: ['src/web/*', '*_view.py']\n  excludes: ['*/skip.py']\n\
             - tag: api\n  matches: [src/web/skip.py, a.py]\n",
        )
        .unwrap();
        assert_eq!(index.tags_of("src/web/deep/x.py"), ["web"], "* matches /");
        assert_eq!(index.tags_of("src/web/skip.py"), ["api"]);
        assert_eq!(index.tags_of("a.py"), ["api"]);
        assert_eq!(index.tags_of("x_view.py"), ["web"]);
        assert!(index.tags_of("b.py").is_empty());
    }

    #[test]
    fn what_is_no_list_of_tags_is_an_error() {
        assert!(TagsIndex::parse("").unwrap().tags().is_empty());
        for text in ["a: b", "- name: x", "- tag: x\n  includes: ['[']", "\t-"] {
            assert!(TagsIndex::parse(text).is_err(), "{text:?}");
        }
    }
}
