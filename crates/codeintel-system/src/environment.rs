//! The Python environment that a repository's imports are resolved in.

use std::fs;
use std::path::{Path, PathBuf};

use crate::regular::text_or_nothing;

/// The list of files of a package with a hundred thousand of them is smaller.
const MAX_METADATA: u64 = 64 << 20;

/// An interpreter and the packages that are installed for it. Nothing of it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonEnvironment {
    /// The interpreter.
    pub python: PathBuf,
    /// The folder of the environment, for example a virtual one; where `pyvenv.cfg` would be.
    pub prefix: PathBuf,
    /// Whether it is a virtual one.
    pub is_virtual: bool,
    /// The folders that packages are installed in.
    pub site_packages: Vec<PathBuf>,
}

/// A package that is installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstalledPackage {
    /// Its name, as its folder of metadata spells it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder of its metadata.
    metadata: PathBuf,
    /// When that was written, in nanoseconds since 1970.
    written_ns: i64,
}

/// What an installed package says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageMetadata {
    /// Its name, as an index has it.
    pub name: String,
    /// The names of the packages that it needs, now or with one of its extras.
    pub requires: Vec<String>,
}

/// The name of a package as it is compared with others.
/// Source: <https://packaging.python.org/en/latest/specifications/name-normalization/>
pub fn normalized_package_name(name: &str) -> String {
    let parts: Vec<&str> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

impl PythonEnvironment {
    /// The environment of an interpreter, or of the folder of an environment.
    pub fn of(path: &Path) -> Option<Self> {
        let interpreters = ["bin/python3", "bin/python"];
        let python = if path.is_dir() {
            interpreters.iter().map(|name| path.join(name)).find(|python| python.exists())?
        } else {
            path.to_owned()
        };
        // The interpreter of a virtual environment is a link to another one, which has other packages.
        let own_prefix = python.parent().and_then(Path::parent)?;
        let is_virtual = own_prefix.join("pyvenv.cfg").exists();
        let real = if is_virtual { python.clone() } else { python.canonicalize().ok()? };
        let prefix = real.parent().and_then(Path::parent)?.to_owned();
        let mut site_packages: Vec<PathBuf> = Vec::new();
        for (folder, name) in [("lib", "site-packages"), ("lib", "dist-packages"), ("lib64", "site-packages")] {
            let versions = fs::read_dir(prefix.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
            let is_python =
                |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
            let found = versions.filter(is_python).map(|version| version.join(name)).filter(|path| path.is_dir());
            site_packages.extend(found.filter_map(|path| path.canonicalize().ok()));
        }
        site_packages.sort();
        site_packages.dedup();
        Some(Self { python, prefix, is_virtual, site_packages })
    }

    /// The environment for a repository: the one that was named, the one that is active, the repository's own, or that of
    /// the first interpreter found.
    pub fn find(root: &Path, named: Option<&Path>, active: Option<&Path>, python: Option<&Path>) -> Option<Self> {
        let own = [".venv", "venv"].map(|name| root.join(name));
        let own = own.iter().filter(|path| path.join("pyvenv.cfg").exists()).map(PathBuf::as_path);
        match named {
            Some(named) => Self::of(&root.join(named)),
            None => active.into_iter().chain(own).chain(python).find_map(Self::of),
        }
    }

    /// Major and minor version of its Python, as far as its folders tell.
    pub fn version(&self) -> Option<(u8, u8)> {
        let name = self.site_packages.first()?.parent()?.file_name()?.to_string_lossy().into_owned();
        let (major, minor) = name.strip_prefix("python")?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// The packages that are installed, sorted.
    pub fn packages(&self) -> Vec<InstalledPackage> {
        let entries = self.site_packages.iter().flat_map(fs::read_dir).flatten().flatten();
        let package = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
            let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let written = written.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            Some(InstalledPackage {
                name: name.to_owned(),
                version: version.to_owned(),
                metadata: entry.path(),
                written_ns: written.map_or(0, |elapsed| elapsed.as_nanos() as i64),
            })
        };
        let mut packages: Vec<InstalledPackage> = entries.filter_map(package).collect();
        packages.sort();
        packages
    }
}

impl InstalledPackage {
    /// The modules and stubs that it has installed, as paths from the folder that it is installed in.
    pub fn modules(&self) -> Vec<String> {
        let record = text_or_nothing(&self.metadata.join("RECORD"), MAX_METADATA).unwrap_or_default();
        let path = |line: &str| {
            let path = line.strip_prefix('"').map_or_else(
                || line.split(',').next().unwrap_or_default().to_owned(),
                |quoted| quoted.split("\",").next().unwrap_or_default().replace("\"\"", "\""),
            );
            let is_module = [".py", ".pyi"].iter().any(|ending| path.ends_with(ending));
            (is_module && !path.starts_with("..") && !path.contains("__pycache__")).then_some(path)
        };
        record.lines().filter_map(path).collect()
    }

    /// What it says of itself.
    pub fn metadata(&self) -> PackageMetadata {
        let text = text_or_nothing(&self.metadata.join("METADATA"), MAX_METADATA).unwrap_or_default();
        let fields = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
        let mut metadata = PackageMetadata { name: self.name.clone(), requires: Vec::new() };
        for (field, value) in fields {
            match field {
                "Name" => value.trim().clone_into(&mut metadata.name),
                "Requires-Dist" => {
                    let is_of_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
                    metadata.requires.push(value.chars().take_while(|char| is_of_name(*char)).collect());
                }
                _ => {}
            }
        }
        metadata
    }

    /// What tells this installation from another one.
    pub fn stamp(&self) -> String {
        format!("{}=={}@{}", self.name, self.version, self.written_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A virtual environment with one package.
    fn environment(root: &Path) {
        let site_packages = root.join("lib/python3.13/site-packages");
        let metadata = site_packages.join("demo_pkg-1.0.dist-info");
        fs::create_dir_all(&metadata).unwrap();
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("pyvenv.cfg"), "").unwrap();
        std::os::unix::fs::symlink("/bin/sh", root.join("bin/python3")).unwrap();
        let record = "demo/__init__.py,sha256=x,1\n\"demo/a,b.py\",,\ndemo/data.txt,,\n../bin/demo.py,,\n\
                      demo/__pycache__/x.py,,\n";
        fs::write(metadata.join("RECORD"), record).unwrap();
        let text =
            "Metadata-Version: 2.1\nName: Demo.Pkg\nRequires-Dist: flask>=2; extra == 'x'\n\nName: not a field\n";
        fs::write(metadata.join("METADATA"), text).unwrap();
    }

    #[test]
    fn packages_of_a_virtual_environment_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        environment(&root.join(".venv"));
        let found = PythonEnvironment::find(&root, None, None, None).unwrap();
        assert_eq!((&found.prefix, &found.python), (&root.join(".venv"), &root.join(".venv/bin/python3")));
        let packages = found.packages();
        let names: Vec<_> = packages.iter().map(|package| (&*package.name, &*package.version)).collect();
        assert_eq!(names, [("demo_pkg", "1.0")]);
        assert_eq!(found.version(), Some((3, 13)));
        assert_eq!(packages[0].modules(), ["demo/__init__.py", "demo/a,b.py"]);
        let metadata = packages[0].metadata();
        assert_eq!((&*metadata.name, &metadata.requires[..]), ("Demo.Pkg", &["flask".to_owned()][..]));
        assert_eq!(normalized_package_name("Demo.Pkg_x"), "demo-pkg-x");
        assert_eq!(PythonEnvironment::of(&root.join(".venv/bin/python3")), Some(found));
    }

    #[test]
    fn what_is_named_comes_before_what_is_active_and_that_before_what_the_repository_has() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for name in [".venv", "named", "active"] {
            environment(&root.join(name));
        }
        let prefix = |named: Option<&str>, active: Option<&str>| {
            let active = active.map(|active| root.join(active));
            let found = PythonEnvironment::find(&root, named.map(Path::new), active.as_deref(), None);
            found.map(|found| found.prefix.strip_prefix(&root).unwrap().to_string_lossy().into_owned())
        };
        assert_eq!(prefix(Some("named"), Some("active")).as_deref(), Some("named"));
        assert_eq!(prefix(None, Some("active")).as_deref(), Some("active"));
        assert_eq!(prefix(None, None).as_deref(), Some(".venv"));
        assert_eq!(prefix(Some("nowhere"), None), None, "what was named is not put right");
    }
}
