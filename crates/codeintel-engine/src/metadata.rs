//! What the repository says of itself: source roots, tags and owners.

use codeintel_base::{Problem, RepoPath, Stage, first_problems};
use codeintel_datasets::{CodeOwners, TagsIndex};
use codeintel_graph::{ModuleNames, SourceRoots};
use codeintel_store::{ScanProblemRow, TagRow};
use codeintel_system::{ReadError, System};

use crate::checks::configures_tools;
use crate::inventory::MODULES;

const MAX_BYTES: u64 = 4 << 20;
const TAGS: &str = "tags_index.yaml";
const OWNERS: [&str; 3] = ["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS"];

/// Tags and owners, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    tags: TagsIndex,
    owners: CodeOwners,
    /// What could not be read.
    pub(crate) problems: Vec<ScanProblemRow>,
}

/// What paths and metadata say of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) module: String,
    pub(crate) tags: String,
    pub(crate) owners: String,
}

impl Metadata {
    pub(crate) fn read(system: &dyn System) -> Self {
        let mut metadata = Self::default();
        if let Some(text) = metadata.text(system, TAGS) {
            match TagsIndex::parse(&text) {
                Ok(tags) => metadata.tags = tags,
                Err(error) => metadata.problem(TAGS, error.to_string()),
            }
        }
        if let Some((path, text)) = OWNERS.into_iter().find_map(|path| Some((path, metadata.text(system, path)?))) {
            let (owners, unreadable) = CodeOwners::parse(&text);
            metadata.owners = owners;
            let problem = |line: String| Problem::warning(Stage::Scan, format!("invalid pattern in `{line}`"));
            for problem in first_problems(unreadable.into_iter().map(problem)) {
                metadata.problem(path, problem.message);
            }
        }
        metadata
    }

    /// The source roots that `pyproject.toml` files declare, and the folders of those files.
    pub(crate) fn source_roots(&mut self, system: &dyn System, projects: &[RepoPath]) -> Vec<String> {
        let mut roots = Vec::new();
        for project in projects {
            let Some(text) = self.text(system, project.as_str()) else { continue };
            match declared_roots(&text) {
                Ok(folders) => {
                    roots.push(project.parent().to_owned());
                    roots.extend(folders.iter().filter_map(|folder| joined(project.parent(), folder)));
                }
                Err(error) => self.problem(project.as_str(), error.message().to_owned()),
            }
        }
        roots.sort();
        roots.dedup();
        roots
    }

    /// Whether a path is that of a file that every run reads.
    pub(crate) fn is_read_always(path: &str) -> bool {
        path == TAGS || OWNERS.contains(&path)
    }

    pub(crate) fn describe(&self, names: &ModuleNames, path: &str) -> Described {
        Described {
            module: names.name(path),
            tags: serde_json::json!(self.tags.tags_of(path)).to_string(),
            owners: serde_json::json!(self.owners.owners_of(path)).to_string(),
        }
    }

    pub(crate) fn tag_rows(&self) -> Vec<TagRow> {
        let row = |tag: &codeintel_datasets::Tag| TagRow {
            tag: tag.tag.clone(),
            description: tag.description.clone(),
            includes: serde_json::json!(tag.includes).to_string(),
            excludes: serde_json::json!(tag.excludes).to_string(),
            matches: serde_json::json!(tag.matches).to_string(),
        };
        self.tags.tags().iter().map(row).collect()
    }

    fn text(&mut self, system: &dyn System, path: &str) -> Option<String> {
        let repo_path = RepoPath::new(path.as_ref()).ok()?;
        match system.read(&repo_path, MAX_BYTES) {
            Ok((bytes, _)) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(ReadError::Gone) => None,
            Err(error) => {
                self.problem(path, error.to_string());
                None
            }
        }
    }

    fn problem(&mut self, path: &str, message: String) {
        let problem = Problem::warning(Stage::Scan, message);
        let dataset = if path == TAGS { "analytics.tags_index" } else { MODULES };
        self.problems.push(ScanProblemRow::new(Some(path.to_owned()), dataset, &problem));
    }
}

/// Module names of all files.
pub(crate) fn module_names<'a>(paths: impl IntoIterator<Item = &'a str>, source_roots: &[String]) -> ModuleNames {
    ModuleNames::new(paths, &SourceRoots::new(source_roots.iter().cloned()))
}

/// The folders that setuptools, Poetry, Hatch, PDM, Maturin and uv are told to take packages from.
fn declared_roots(text: &str) -> Result<Vec<String>, toml::de::Error> {
    let document: toml::Table = toml::from_str(text)?;
    let at = |path: &[&str]| {
        let (last, tables) = path.split_last()?;
        let table = tables.iter().try_fold(&document, |table, key| table.get(*key)?.as_table());
        table?.get(*last)
    };
    let mut roots = Vec::new();
    let mut add = |value: Option<&toml::Value>| match value {
        Some(toml::Value::String(folder)) => roots.push(folder.clone()),
        Some(toml::Value::Array(folders)) => roots.extend(folders.iter().filter_map(|f| f.as_str().map(str::to_owned))),
        _ => {}
    };
    add(at(&["tool", "setuptools", "packages", "find", "where"]));
    add(at(&["tool", "setuptools", "package-dir", ""]));
    add(at(&["tool", "pdm", "build", "package-dir"]));
    add(at(&["tool", "maturin", "python-source"]));
    add(at(&["tool", "uv", "build-backend", "module-root"]));
    add(at(&["tool", "hatch", "build", "targets", "wheel", "sources"]));
    for package in at(&["tool", "poetry", "packages"]).and_then(toml::Value::as_array).into_iter().flatten() {
        add(package.get("from"));
    }
    // Hatch names the packages themselves: their folders are the roots.
    let packages = at(&["tool", "hatch", "build", "targets", "wheel", "packages"]).and_then(toml::Value::as_array);
    for package in packages.into_iter().flatten().filter_map(toml::Value::as_str) {
        roots.extend(package.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
    }
    Ok(roots)
}

/// A folder below another; none if it leads out of the repository.
fn joined(parent: &str, folder: &str) -> Option<String> {
    let path = std::path::Path::new(parent).join(folder.trim_start_matches('/'));
    match RepoPath::new(&path) {
        Ok(path) => Some(path.to_string()),
        Err(_) if parent.is_empty() && matches!(folder, "" | ".") => Some(String::new()),
        Err(_) => None,
    }
}

/// Whether a change of this file may change which files are scanned, what they are called or what tools find in them: then nothing less than
/// a look at everything will do.
pub fn affects_whole_repository(path: &RepoPath) -> bool {
    let name = path.file_name();
    // Configurations, such as `pyproject.toml`, may extend others of any name.
    let is_configuration = configures_tools(name) || [".toml", ".ini"].iter().any(|ending| name.ends_with(ending));
    Metadata::is_read_always(path.as_str()) || [".gitignore", ".ignore"].contains(&name) || is_configuration
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_read_from_all_build_tools() {
        let check = |text: &str, expected: &[&str]| assert_eq!(declared_roots(text).unwrap(), expected, "{text}");
        check("[tool.setuptools.packages.find]\nwhere = ['lib', 'more']", &["lib", "more"]);
        check("[tool.setuptools.package-dir]\n'' = 'lib'", &["lib"]);
        check("[tool.poetry]\npackages = [{include = 'a', from = 'lib'}, {include = 'b'}]", &["lib"]);
        check("[tool.hatch.build.targets.wheel]\npackages = ['lib/a', 'b']", &["lib"]);
        check("[tool.maturin]\npython-source = 'python'", &["python"]);
        check("[project]\nname = 'x'", &[]);
        assert!(declared_roots("not toml").is_err());
    }

    #[test]
    fn roots_are_relative_to_their_project_and_stay_inside() {
        assert_eq!(joined("packages/a", "lib"), Some("packages/a/lib".to_owned()));
        assert_eq!(joined("", "."), Some(String::new()));
        assert_eq!(joined("", "../x"), None);
    }
}
