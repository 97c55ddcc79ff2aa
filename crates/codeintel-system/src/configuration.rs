//! The configuration files of other programs, wherever these look for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::regular::read_configuration;
use crate::scan::Stat;

/// Keys whose values are other files that a configuration reads.
const REFERENCES: [&str; 3] = ["extend", "extends", "baseline"];

/// Which files configure a program.
#[derive(Debug, Clone, Copy)]
pub struct ConfigurationFiles<'a> {
    /// Their names in the folders of a repository and in those around it.
    pub names: &'a [&'a str],
    /// Their paths in the folder of the user's own configuration.
    pub of_user: &'a [&'a str],
}

/// Where a user keeps files of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFolders {
    /// The home folder.
    pub home: PathBuf,
    /// The folder of configurations.
    pub config: PathBuf,
}

/// Every configuration file that exists, with its text: in the folders of a repository, given from its root, in the folders around it and in
/// the user's own; and every file that one of them extends. So another configuration has another answer.
pub fn configuration<'a>(
    files: ConfigurationFiles<'_>,
    root: &Path,
    folders: impl IntoIterator<Item = &'a str>,
    user: Option<&UserFolders>,
    more: impl IntoIterator<Item = PathBuf>,
) -> BTreeMap<PathBuf, String> {
    let inside = folders.into_iter().map(|folder| root.join(folder));
    let around = root.ancestors().map(Path::to_owned);
    let named = inside.chain(around).flat_map(|folder| files.names.iter().map(move |name| folder.join(name)));
    let config = user.iter().flat_map(|user| files.of_user.iter().map(|name| user.config.join(name)));
    let mut pending: Vec<PathBuf> = named.chain(config).chain(more).collect();
    let mut found = BTreeMap::new();
    while let Some(path) = pending.pop() {
        if found.contains_key(&path) {
            continue;
        }
        let Ok(bytes) = read_configuration(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let folder = path.parent().unwrap_or(root);
        pending.extend(references(&text).into_iter().map(|reference| match reference.strip_prefix("~/") {
            Some(rest) => user.map_or(folder, |user| &user.home).join(rest),
            None => folder.join(reference),
        }));
        found.insert(path, text);
    }
    found
}

/// The Python sources below a folder with their sizes and times, but for those below folders of some names or of virtual environments: what a
/// program may read beside the files that are scanned.
pub fn sources_below(root: &Path, ignored: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                if !ignored.contains(&name) && !path.join("pyvenv.cfg").exists() {
                    folders.push(path);
                }
            } else if is_python(&path)
                && let Ok(path) = path.strip_prefix(root)
            {
                let stat = Stat::of(&metadata);
                found.insert(path.to_string_lossy().into_owned(), format!("{} {}", stat.size, stat.mtime_ns));
            }
        }
    }
    found
}

/// Whether a path has the name of a Python source or stub.
pub fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py" || extension == "pyi")
}

/// The files that a configuration in TOML or JSON names as those that it extends.
fn references(text: &str) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    match value {
                        Value::String(text) if REFERENCES.contains(&key.as_str()) => found.push(text.clone()),
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    if !REFERENCES.iter().any(|key| text.contains(key)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Some(value) = parse_configuration(text) {
        collect(&value, &mut found);
    }
    found
}

/// What a configuration in TOML, or in JSON with comments, says.
pub fn parse_configuration(text: &str) -> Option<Value> {
    let from_toml = toml::from_str::<toml::Table>(text).ok().and_then(|table| serde_json::to_value(table).ok());
    from_toml.or_else(|| jsonc_parser::parse_to_serde_value(text, &jsonc_parser::ParseOptions::default()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_inside_around_and_by_reference() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let root = base.join("outer/repo");
        let write = |path: &str, text: &str| {
            let path = base.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("outer/repo/a/tool.toml", "extend = '../shared.toml'");
        write("outer/repo/shared.toml", "x = 1\nextend = '~/mine.toml'");
        write("outer/tool.json", "{\"extends\": \"other.json\", // with a comment\n}");
        write("outer/other.json", "{}");
        write("home/mine.toml", "extend = 'nowhere.toml'");
        write("home/.config/tool/tool.toml", "");
        write("outer/repo/b/tool.toml", "");
        let files = ConfigurationFiles { names: &["tool.toml", "tool.json"], of_user: &["tool/tool.toml"] };
        let user = UserFolders { home: base.join("home"), config: base.join("home/.config") };
        let found = configuration(files, &root, ["", "a"], Some(&user), [root.join("b/tool.toml")]);
        let found: Vec<_> = found.keys().map(|path| path.strip_prefix(&base).unwrap().to_string_lossy()).collect();
        let expected = [
            "home/.config/tool/tool.toml",
            "home/mine.toml",
            "outer/other.json",
            "outer/repo/a/../shared.toml",
            "outer/repo/a/tool.toml",
            "outer/repo/b/tool.toml",
            "outer/tool.json",
        ];
        assert_eq!(found, expected);
    }
}
