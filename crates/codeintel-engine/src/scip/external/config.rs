//! What scip-python is told by files: a configuration of pyright and a list of the packages that are installed.

use std::path::{Component, Path, PathBuf};

use codeintel_base::RepoPath;
use codeintel_system::{InstalledPackage, PythonEnvironment, System, parse_configuration};
use serde_json::{Map, Value, json};

const MAX_BYTES: u64 = 1 << 20;

/// Settings of the user's own configuration that say how imports are resolved. What is included is ours to say.
const KEPT: [&str; 5] = ["pythonVersion", "pythonPlatform", "defineConstant", "stubPath", "extraPaths"];

/// The configuration of pyright for some of the files, or for all.
pub(super) fn pyright(
    user: &Map<String, Value>,
    root: &Path,
    source_roots: &[String],
    environment: Option<&PythonEnvironment>,
    files: Option<&[&str]>,
) -> Value {
    let mut config: Map<String, Value> = user
        .iter()
        .filter(|(key, _)| KEPT.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(path) = user.get("stubPath").and_then(Value::as_str) {
        config.insert("stubPath".to_owned(), json!(in_mirror(root, path)));
    }
    let own_paths = user.get("extraPaths").and_then(Value::as_array).into_iter().flatten();
    let own_paths = own_paths.filter_map(Value::as_str).map(|path| json!(in_mirror(root, path)));
    let roots = source_roots.iter().filter(|root| !root.is_empty()).map(|root| json!(root));
    let mut paths: Vec<Value> = Vec::new();
    for path in own_paths.chain(roots) {
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    config.insert("extraPaths".to_owned(), Value::Array(paths));
    config.insert("include".to_owned(), files.map_or_else(|| json!(["."]), |files| json!(files)));
    // Without any, pyright leaves out folders whose names begin with a dot.
    config.insert("exclude".to_owned(), json!(["**/.nothing-is-excluded"]));
    if let Some(environment) = environment
        && environment.is_virtual
        && let (Some(folder), Some(name)) = (environment.prefix.parent(), environment.prefix.file_name())
    {
        config.insert("venvPath".to_owned(), json!(folder.to_string_lossy()));
        config.insert("venv".to_owned(), json!(name.to_string_lossy()));
    }
    Value::Object(config)
}

/// A folder of the user's as it is found from a mirror: by its path from the root, where it lies in the repository.
fn in_mirror(root: &Path, folder: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for component in root.join(folder).components() {
        match component {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => {}
            component => path.push(component),
        }
    }
    match path.strip_prefix(root) {
        Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
        Ok(inside) => inside.to_owned(),
        Err(_) => path,
    }
}

/// The value of `NODE_OPTIONS` that lets Node.js load a script first, besides what the user tells it.
pub(super) fn node_options(user: &str, script: &str) -> String {
    let script = script.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{user} --require \"{script}\"").trim_start().to_owned()
}

/// The user's own configuration, where pyright would find it in the repository's root.
pub(super) fn of_user(system: &dyn System) -> Map<String, Value> {
    for name in ["scip-pyrightconfig.json", "pyrightconfig.json"] {
        if let Some(text) = read(system, name) {
            return parse_configuration(&text).and_then(|value| value.as_object().cloned()).unwrap_or_default();
        }
    }
    let project = read(system, "pyproject.toml").and_then(|text| parse_configuration(&text)).unwrap_or_default();
    project["tool"]["pyright"].as_object().cloned().unwrap_or_default()
}

fn read(system: &dyn System, name: &str) -> Option<String> {
    let path = RepoPath::new(Path::new(name)).ok()?;
    let (bytes, _) = system.read(&path, MAX_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The packages of an environment as scip-python reads them, which saves it from asking pip.
pub(super) fn packages(packages: &[InstalledPackage]) -> Value {
    let package = |package: &InstalledPackage| json!({"name": package.metadata().name, "version": package.version, "files": package.modules()});
    packages.iter().map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_users_are_found_from_the_mirror() {
        let check =
            |folder: &str, expected: &str| assert_eq!(in_mirror(Path::new("/work/repo"), folder), Path::new(expected));
        check("../libs", "/work/libs");
        check("./src/../lib", "lib");
        check("/work/repo/src", "src");
        check("/opt/stubs", "/opt/stubs");
        check(".", ".");
    }

    #[test]
    fn node_is_told_what_the_user_tells_it_too() {
        assert_eq!(node_options("--max-old-space-size=8", "/a b/x"), "--max-old-space-size=8 --require \"/a b/x\"");
        assert_eq!(node_options("", "/a\"b"), "--require \"/a\\\"b\"");
    }
}
