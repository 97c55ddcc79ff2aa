//! How modules are called in symbols: the package that they belong to and their dotted name.

use std::sync::LazyLock;

use codeintel_base::{ContentHash, RepoPath};
use ruff_db::files::FilePath;
use ruff_db::system::{SystemPath, SystemPathBuf};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// A source file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path.
    pub path: RepoPath,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// The dotted name of its module in symbols. No other file has it, but for a stub and the source that it stands for.
    pub module: String,
}

/// A package that is installed, with its modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledModules {
    /// Its name, as an index has it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Paths of its modules from the folder that packages are installed in.
    pub modules: Vec<String>,
}

/// The beginnings of symbols by the files that define them.
#[derive(Debug, Default)]
pub(crate) struct ModuleSymbols {
    root: SystemPathBuf,
    /// The beginning of all symbols of the repository: scheme, manager, package and version.
    project: String,
    /// Dotted names by paths from the root.
    modules: FxHashMap<String, String>,
    standard_library: String,
    site_packages: Vec<SystemPathBuf>,
    /// Name and version of the package that has installed a module, by the module's path.
    installed: FxHashMap<String, String>,
}

/// The folder of the standard library's stubs in the binary.
const STDLIB: &str = "stdlib/";

impl ModuleSymbols {
    pub(crate) fn new(
        root: &SystemPath,
        project: (&str, &str),
        python_version: &str,
        site_packages: &[SystemPathBuf],
        packages: &[InstalledModules],
    ) -> Self {
        let mut installed = FxHashMap::default();
        for package in packages {
            for module in &package.modules {
                installed.insert(module.clone(), package_of(&package.name, &package.version));
            }
        }
        Self {
            root: root.to_path_buf(),
            project: package_of(project.0, project.1),
            modules: FxHashMap::default(),
            standard_library: package_of("python-stdlib", python_version),
            site_packages: site_packages.to_vec(),
            installed,
        }
    }

    /// The same with these files.
    pub(crate) fn with_files(&self, files: &[ProjectFile]) -> Self {
        Self {
            root: self.root.clone(),
            project: self.project.clone(),
            modules: files.iter().map(|file| (file.path.to_string(), file.module.clone())).collect(),
            standard_library: self.standard_library.clone(),
            site_packages: self.site_packages.clone(),
            installed: self.installed.clone(),
        }
    }

    /// Whether these are its files.
    pub(crate) fn has_files(&self, files: &[ProjectFile]) -> bool {
        let is_known = |file: &ProjectFile| self.modules.get(file.path.as_str()) == Some(&file.module);
        self.modules.len() == files.len() && files.iter().all(is_known)
    }

    /// Whether a file that is known here has another name there, or none.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        self.modules.iter().any(|(path, name)| other.modules.get(path).is_some_and(|other| other != name))
    }

    /// Whether a symbol is one of the repository.
    pub(crate) fn is_own(&self, symbol: &str) -> bool {
        symbol.starts_with(&self.project)
    }

    /// Whether a file comes from the standard library or an installed package.
    pub(crate) fn is_installed(&self, path: &FilePath) -> bool {
        match path {
            FilePath::System(path) => self.site_packages.iter().any(|folder| path.starts_with(folder)),
            FilePath::Vendored(_) => true,
            FilePath::SystemVirtual(_) => false,
        }
    }

    fn inside<'p>(&self, path: &'p SystemPath) -> Option<&'p str> {
        path.strip_prefix(&self.root).ok().map(SystemPath::as_str)
    }

    /// The symbol of a module as others begin with it, up to its last slash.
    pub(crate) fn prefix(&self, path: &FilePath) -> Option<String> {
        let (package, module) = self.names(path)?;
        Some(format!("{package}{}/", identifier(&module)))
    }

    /// Package and dotted name of a module.
    fn names(&self, path: &FilePath) -> Option<(&str, String)> {
        match path {
            FilePath::System(path) => {
                if let Some(module) = self.inside(path).and_then(|inside| self.modules.get(inside)) {
                    return Some((&self.project, module.clone()));
                }
                let inside = self.site_packages.iter().find_map(|folder| path.strip_prefix(folder).ok())?;
                let package = self.installed.get(inside.as_str()).map(String::as_str);
                let module = dotted(inside.as_str());
                // What no package has installed has no name that others would know.
                Some((package.unwrap_or("scip-python python . . "), module.trim_start_matches("stubs.").to_owned()))
            }
            FilePath::Vendored(path) => Some((&self.standard_library, dotted(path.as_str().strip_prefix(STDLIB)?))),
            FilePath::SystemVirtual(_) => None,
        }
    }
}

/// The names of the standard library's top-level modules, sorted.
pub fn standard_library() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        // Lines of it are `module: 3.0-3.11`, and comments.
        static VERSIONS: LazyLock<String> =
            LazyLock::new(|| ty_vendored::file_system().read_to_string("stdlib/VERSIONS").unwrap_or_default());
        let lines = VERSIONS.lines().filter_map(|line| line.split_once(':'));
        let mut names: Vec<&str> =
            lines.filter_map(|(module, _)| module.split('.').next()).filter(|name| !name.starts_with('#')).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    &NAMES
}

/// The dotted name of a module's path.
fn dotted(path: &str) -> String {
    let stem = path.strip_suffix(".pyi").or_else(|| path.strip_suffix(".py")).unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let (top, rest) = stem.split_once('/').unwrap_or((stem, ""));
    let top = top.strip_suffix("-stubs").unwrap_or(top);
    if rest.is_empty() { top.to_owned() } else { format!("{top}.{}", rest.replace('/', ".")) }
}

/// The beginning of all symbols of a package.
fn package_of(name: &str, version: &str) -> String {
    let word = |word: &str| if word.is_empty() { ".".to_owned() } else { word.replace(' ', "  ") };
    format!("scip-python python {} {} ", word(name), word(version))
}

/// A name in a descriptor, between backticks if it has other characters than SCIP lets stand alone.
pub(crate) fn identifier(name: &str) -> String {
    let is_simple = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '+' | '-' | '$');
    if !name.is_empty() && name.chars().all(is_simple) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_belong_to_packages() {
        let packages = [InstalledModules {
            name: "my pkg".to_owned(),
            version: "1.0".to_owned(),
            modules: vec!["pkg/core.py".to_owned()],
        }];
        let site_packages = [SystemPathBuf::from("/w/.venv/lib/site-packages")];
        let symbols = ModuleSymbols::new(SystemPath::new("/w"), ("demo", ""), "3.13", &site_packages, &packages);
        let file = ProjectFile {
            path: RepoPath::new("src/a/b.py".as_ref()).unwrap(),
            hash: ContentHash::of(b""),
            module: "a.b".to_owned(),
        };
        let symbols = symbols.with_files(&[file]);
        let check = |path: FilePath, expected: Option<&str>| assert_eq!(symbols.prefix(&path).as_deref(), expected);
        let system = |path: &str| FilePath::System(SystemPathBuf::from(path).into());
        check(system("/w/src/a/b.py"), Some("scip-python python demo . `a.b`/"));
        check(system("/w/src/a/c.py"), None);
        check(system("/w/.venv/lib/site-packages/pkg/core.py"), Some("scip-python python my  pkg 1.0 `pkg.core`/"));
        check(system("/w/.venv/lib/site-packages/x-stubs/__init__.pyi"), Some("scip-python python . . x/"));
        let vendored = |path: &str| FilePath::Vendored(ruff_db::vendored::VendoredPathBuf::from(path).into());
        check(vendored("stdlib/os/path.pyi"), Some("scip-python python python-stdlib 3.13 `os.path`/"));
        check(vendored("stdlib/builtins.pyi"), Some("scip-python python python-stdlib 3.13 builtins/"));
    }

    #[test]
    fn the_standard_library_is_known() {
        let names = standard_library();
        assert!(["os", "typing", "builtins", "asyncio", "asyncore"].iter().all(|name| names.contains(name)));
        assert!(names.iter().all(|name| name.chars().all(|char| char.is_alphanumeric() || char == '_')), "{names:?}");
    }

    #[test]
    fn names_with_other_characters_stand_between_backticks() {
        assert_eq!(identifier("name_1"), "name_1");
        assert_eq!(identifier("naïve"), "`naïve`");
        assert_eq!(identifier("a`b"), "`a``b`");
        assert_eq!(identifier(""), "``");
    }
}
