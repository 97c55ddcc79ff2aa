//! What each file may look up in other files, as one hash for each file.
//!
//! What a name in a file stands for depends on the file itself and on the interfaces (`core.interfaces`) of all files that
//! it imports, directly or through others. A fingerprint is a hash over all of them. To find it for every file at once,
//! files that import one another are taken together, and each such group is hashed once, from what is in it and from the
//! hashes of the groups that it imports.
//!
//! An import is taken to lead to every file that it might lead to, whatever order a resolver searches in. So a new file that
//! takes the place of another one changes the fingerprints of those who may find it.

use codeintel_base::{ContentHash, add_texts};
use codeintel_python::Import;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::components::{components, numbers};
use crate::module_names::ModuleNames;

/// A source file as others see it.
#[derive(Debug, Clone)]
pub struct ImportingFile<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its importable name.
    pub module: &'a str,
    /// The name of its module in symbols.
    pub symbol_module: &'a str,
    /// Hash of its interface; empty where it has none.
    pub interface: &'a str,
    /// What it imports.
    pub imports: &'a [Import],
}

/// Which files may import which.
///
/// Behind the files there are two more nodes: what every file looks into, and what leads to every file. So lists of very many files are there
/// once, and not for each file that has one.
#[derive(Debug)]
pub struct ImportGraph {
    /// For each file, the nodes that each of its imports may lead to, sorted.
    targets: Vec<Vec<Vec<u32>>>,
    /// For each file, which of the folders around it are packages.
    packages: Vec<Vec<bool>>,
}

/// A file of the repository's root that every file looks into, if it is there.
const BUILTINS: &str = "__builtins__.pyi";

/// What can be imported that is not of the repository, and imports from it all the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outside<'a> {
    /// Names of modules of the standard library, which all files look into. A file of the repository of such a name may be imported by the
    /// library itself.
    pub standard_library: &'a [&'a str],
    /// Names of modules of installed packages that import the repository's.
    pub dependents: &'a [String],
}

impl ImportGraph {
    /// Find out what each import may lead to.
    pub fn new(files: &[ImportingFile<'_>], outside: Outside<'_>) -> Self {
        let names = Names::new(files);
        let mut by_all: Vec<u32> =
            files.iter().position(|file| file.path == BUILTINS).map(|at| at as u32).into_iter().collect();
        by_all.extend(outside.standard_library.iter().flat_map(|name| names.of_top_level(name)));
        by_all.sort_unstable();
        by_all.dedup();
        let is_dependent = |import: &Import| {
            let top = import.module.split('.').next().unwrap_or_default();
            import.level == 0 && outside.dependents.iter().any(|name| name == top)
        };
        let (count, has_common) = (files.len() as u32, !by_all.is_empty());
        let of_file = |(number, file): (usize, &ImportingFile<'_>)| {
            let imports = file.imports.iter().map(|import| names.candidates(number, file, import));
            let imports_all = file.imports.iter().any(is_dependent);
            let more = match (imports_all, has_common) {
                (true, _) => vec![count + 1],
                (false, true) => vec![count],
                (false, false) => Vec::new(),
            };
            imports.chain([more]).collect()
        };
        let mut targets: Vec<Vec<Vec<u32>>> = files.iter().enumerate().map(of_file).collect();
        targets.push(vec![by_all]);
        targets.push(vec![(0..count).collect()]);
        Self { targets, packages: (0..files.len()).map(|file| names.packages_around(file)).collect() }
    }

    /// The nodes that a node leads to, once or more often.
    fn imported(&self, node: usize) -> impl Iterator<Item = u32> + '_ {
        self.targets[node].iter().flatten().copied()
    }

    /// The fingerprints of all files, in their order.
    pub fn fingerprints(&self, files: &[ImportingFile<'_>]) -> Vec<ContentHash> {
        let edges: Vec<Vec<u32>> = (0..self.targets.len()).map(|node| self.imported(node).collect()).collect();
        let groups = components(&edges);
        let group_of = numbers(self.targets.len(), &groups);
        // A group comes behind those that it imports.
        let mut hashes: Vec<ContentHash> = Vec::with_capacity(groups.len());
        for (number, group) in groups.iter().enumerate() {
            let is_file = |node: &u32| (*node as usize) < files.len();
            let mut members: Vec<u32> = group.iter().copied().filter(is_file).collect();
            members.sort_by_key(|file| files[*file as usize].path);
            let imported = group.iter().flat_map(|file| self.imported(*file as usize));
            let mut imported: Vec<usize> = imported.map(|file| group_of[file as usize]).collect();
            imported.sort_unstable();
            imported.dedup();
            let mut imported: Vec<String> =
                imported.into_iter().filter(|other| *other != number).map(|other| hashes[other].to_string()).collect();
            imported.sort_unstable();
            let mut bytes = Vec::new();
            for number in members {
                let file = &files[number as usize];
                add_texts(&mut bytes, [file.path, file.module, file.symbol_module, file.interface]);
                bytes.extend(self.packages[number as usize].iter().map(|is_package| u8::from(*is_package)));
                for import in file.imports {
                    add_texts(&mut bytes, [&*import.to_string()]);
                }
            }
            for hash in &imported {
                add_texts(&mut bytes, [&**hash]);
            }
            hashes.push(ContentHash::of(&bytes));
        }
        let fingerprint = |(number, file): (usize, &ImportingFile<'_>)| {
            let mut bytes = Vec::new();
            add_texts(&mut bytes, [file.module, file.symbol_module]);
            bytes.extend(self.packages[number].iter().map(|is_package| u8::from(*is_package)));
            for targets in &self.targets[number] {
                for target in targets {
                    let hash = hashes[group_of[*target as usize]];
                    let path = files.get(*target as usize).map_or("", |file| file.path);
                    add_texts(&mut bytes, [path, &hash.to_string()]);
                }
                add_texts(&mut bytes, [""]);
            }
            ContentHash::of(&bytes)
        };
        files.iter().enumerate().map(fingerprint).collect()
    }

    /// The files that a file imports, directly or through others, itself included.
    pub fn closure(&self, file: usize) -> Vec<u32> {
        let mut seen = vec![false; self.targets.len()];
        let mut found = vec![file as u32];
        seen[file] = true;
        let mut next = 0;
        while let Some(node) = found.get(next) {
            next += 1;
            for target in self.imported(*node as usize).collect::<Vec<_>>() {
                if !std::mem::replace(&mut seen[target as usize], true) {
                    found.push(target);
                }
            }
        }
        found.retain(|node| (*node as usize) < self.packages.len());
        found
    }
}

/// The folders around a path, from the inside to the repository's root, which is empty.
fn folders_around(path: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(path);
    std::iter::from_fn(move || {
        next = next?.rsplit_once('/').map(|(folder, _)| folder);
        next
    })
    .chain([""])
}

/// Files by the dotted names and the paths under which they might be imported.
struct Names<'a> {
    named: FxHashMap<String, Vec<u32>>,
    top_level: FxHashMap<String, Vec<u32>>,
    tree: Tree<'a>,
    /// The folder that each file is in.
    folders: Vec<u32>,
}

/// The folders that hold source files, directly or further down. The first one is the repository's root.
#[derive(Default)]
struct Tree<'a> {
    folders: Vec<Folder<'a>>,
    inner: FxHashMap<(u32, &'a str), u32>,
    /// Sources and stubs by their folders and their names without an ending.
    modules: FxHashMap<(u32, &'a str), Vec<u32>>,
}

#[derive(Default)]
struct Folder<'a> {
    outer: Option<u32>,
    name: &'a str,
    /// `__init__.py` and `__init__.pyi`.
    own: Vec<u32>,
}

impl<'a> Tree<'a> {
    fn add(&mut self, path: &'a str, number: u32) -> u32 {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = 0;
        for name in folder.split('/').filter(|name| !name.is_empty()) {
            let next = self.folders.len() as u32;
            let entry = *self.inner.entry((at, name)).or_insert(next);
            if entry == next {
                self.folders.push(Folder { outer: Some(at), name, own: Vec::new() });
            }
            at = entry;
        }
        if let Some(stem) = [".py", ".pyi"].iter().find_map(|ending| file.strip_suffix(ending)) {
            if stem == "__init__" {
                self.folders[at as usize].own.push(number);
            }
            self.modules.entry((at, stem)).or_default().push(number);
        }
        at
    }

    /// A folder and those around it, from the inside to the root.
    fn around(&self, folder: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(folder), |at| self.folders[*at as usize].outer)
    }

    fn inside(&self, folder: u32, name: &str) -> Option<u32> {
        self.inner.get(&(folder, name)).copied()
    }

    /// The module of a name in a folder, and the package of that name.
    fn module(&self, folder: u32, name: &str, found: &mut Vec<u32>) {
        found.extend(self.modules.get(&(folder, name)).into_iter().flatten());
        found.extend(self.inside(folder, name).iter().flat_map(|inner| &self.folders[*inner as usize].own));
    }

    /// A folder as a module.
    fn itself(&self, folder: u32, found: &mut Vec<u32>) {
        let Folder { outer, name, own } = &self.folders[folder as usize];
        found.extend(own);
        found.extend(self.modules.get(&(outer.unwrap_or(0), *name)).into_iter().flatten());
    }

    /// The module of a dotted name below a folder, with all packages around it or alone, and the modules of some names in it.
    fn below(&self, folder: u32, parts: &[&str], names: &[String], with_outer: bool, found: &mut Vec<u32>) {
        let mut at = folder;
        for (place, part) in parts.iter().enumerate() {
            if with_outer || place + 1 == parts.len() {
                self.module(at, part, found);
            }
            match self.inside(at, part) {
                Some(inner) => at = inner,
                None => return,
            }
        }
        for name in names {
            self.module(at, name, found);
        }
    }
}

impl<'a> Names<'a> {
    fn new(files: &[ImportingFile<'a>]) -> Self {
        let roots: FxHashSet<&str> = files.iter().filter_map(root).chain([""]).collect();
        let mut named: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let mut top_level: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let mut tree = Tree { folders: vec![Folder::default()], ..Tree::default() };
        let mut folders = Vec::with_capacity(files.len());
        for (number, file) in files.iter().enumerate() {
            folders.push(tree.add(file.path, number as u32));
            let from_roots = folders_around(file.path).filter(|folder| roots.contains(folder));
            let mut names: Vec<String> =
                from_roots.map(|folder| dotted(&file.path[folder.len()..])).chain([file.module.to_owned()]).collect();
            names.sort();
            names.dedup();
            for name in names {
                let first = name.split('.').next().unwrap_or_default().to_owned();
                let files = top_level.entry(first).or_default();
                if files.last() != Some(&(number as u32)) {
                    files.push(number as u32);
                }
                named.entry(name).or_default().push(number as u32);
            }
        }
        Self { named, top_level, tree, folders }
    }

    fn of_top_level(&self, name: &str) -> &[u32] {
        self.top_level.get(name).map_or(&[], Vec::as_slice)
    }

    /// Which of the folders around a file are packages, from the inside.
    fn packages_around(&self, file: usize) -> Vec<bool> {
        self.tree.around(self.folders[file]).map(|folder| !self.tree.folders[folder as usize].own.is_empty()).collect()
    }

    /// The files that an import may lead to: the module, the packages around it and, since a name may be that of a
    /// submodule, the modules of those names.
    fn candidates(&self, number: usize, file: &ImportingFile<'_>, import: &Import) -> Vec<u32> {
        let folder = self.folders[number];
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        let names = import.names.as_deref().unwrap_or_default();
        let mut found = Vec::new();
        if import.level > 0 {
            // The root's own package is taken to be in the root.
            let mut above = self.tree.around(folder);
            let Some(base) = above.nth(import.level as usize - 1) else { return found };
            self.tree.itself(base, &mut found);
            self.tree.below(base, &parts, names, false, &mut found);
        }
        let package = package(file, import.level);
        let absolute: Vec<&str> = package.iter().copied().chain(parts.iter().copied()).collect();
        self.named(&absolute, names, &mut found);
        for folder in self.tree.around(folder) {
            self.tree.below(folder, &absolute, names, true, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The files of a dotted name from any source root, of the packages around it, and of some names in it.
    fn named(&self, parts: &[&str], names: &[String], found: &mut Vec<u32>) {
        let mut name = String::new();
        for part in parts {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(part);
            found.extend(self.named.get(&name).into_iter().flatten());
        }
        let length = name.len();
        for last in names {
            name.truncate(length);
            if length > 0 {
                name.push('.');
            }
            name.push_str(last);
            found.extend(self.named.get(&name).into_iter().flatten());
        }
    }
}

/// The dotted name of a path.
fn dotted(path: &str) -> String {
    let stem = path.strip_suffix(".pyi").or_else(|| path.strip_suffix(".py")).unwrap_or(path);
    let stem = stem.trim_start_matches('/');
    stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".")
}

/// The folder that a file's importable name starts from.
fn root<'f>(file: &ImportingFile<'f>) -> Option<&'f str> {
    // With its slashes and its ending, a path is a little longer than its name.
    let longest = file.module.len() + "//__init__.pyi".len();
    folders_around(file.path)
        .find(|folder| file.path.len() - folder.len() <= longest && dotted(&file.path[folder.len()..]) == file.module)
}

/// The names of modules in symbols, of paths and importable names. Where several files have the same importable name, it belongs to the one
/// that has it by its path, if any, and the others are called by their paths.
pub fn symbol_modules(files: &[(&str, &str)]) -> Vec<String> {
    // A stub has the name of the source that it stands for.
    let stem = |path: &str| path.strip_suffix('i').unwrap_or(path).to_owned();
    let mut owners: FxHashMap<String, Option<String>> = FxHashMap::default();
    for (path, module) in files {
        let new = || Some(stem(path));
        owners
            .entry((*module).to_owned())
            .and_modify(|owner| *owner = owner.take().filter(|owner| *owner == stem(path)))
            .or_insert_with(new);
    }
    for (path, _) in files {
        let is_free = |owner: &Option<String>| owner.as_ref().is_none_or(|owner| dotted(owner) != dotted(path));
        let owner = owners.entry(dotted(path)).or_default();
        if is_free(owner) || ModuleNames::is_package(path) {
            *owner = Some(stem(path));
        }
    }
    let name = |(path, module): &(&str, &str)| {
        let owns = |name: &str| owners.get(name).is_some_and(|owner| *owner == Some(stem(path)));
        let names = [(*module).to_owned(), dotted(path)];
        // No dotted name has a slash.
        names.into_iter().find(|name| owns(name)).unwrap_or_else(|| format!("./{path}"))
    };
    files.iter().map(name).collect()
}

/// The parts of the package that a relative import starts from; none for an absolute one.
fn package<'f>(file: &ImportingFile<'f>, level: u32) -> Vec<&'f str> {
    if level == 0 {
        return Vec::new();
    }
    let mut parts: Vec<&str> = file.module.split('.').collect();
    let is_package = ModuleNames::is_package(file.path);
    parts.truncate((parts.len() + usize::from(is_package)).saturating_sub(level as usize));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each item is a path, an interface and imports, separated by blanks.
    fn prints(files: &[&str]) -> Vec<String> {
        let files: Vec<Vec<&str>> = files.iter().map(|file| file.split(' ').collect()).collect();
        let imports: Vec<Vec<Import>> =
            files.iter().map(|parts| parts[2..].iter().map(|import| import.parse().unwrap()).collect()).collect();
        let modules: Vec<String> =
            files.iter().map(|parts| dotted(parts[0].strip_prefix("src/").unwrap_or(parts[0]))).collect();
        let files: Vec<ImportingFile<'_>> = files
            .iter()
            .zip(&imports)
            .zip(&modules)
            .map(|((parts, imports), module)| ImportingFile {
                path: parts[0],
                module,
                symbol_module: module,
                interface: parts[1],
                imports,
            })
            .collect();
        let outside = Outside { standard_library: &["os"], dependents: &["plugin".to_owned()] };
        ImportGraph::new(&files, outside).fingerprints(&files).iter().map(ToString::to_string).collect()
    }

    /// Which of the files that both lists have got another fingerprint.
    #[track_caller]
    fn check(before: &[&str], after: &[&str], expected: &[&str]) {
        let path = |file: &str| file.split(' ').next().unwrap_or_default().to_owned();
        let old: Vec<(String, String)> = before.iter().map(|file| path(file)).zip(prints(before)).collect();
        let new: Vec<(String, String)> = after.iter().map(|file| path(file)).zip(prints(after)).collect();
        let is_moved = |(path, print): &&(String, String)| old.iter().any(|(other, old)| other == path && old != print);
        let moved: Vec<&str> = new.iter().filter(is_moved).map(|(path, _)| path.as_str()).collect();
        assert_eq!(moved, expected);
    }

    #[test]
    fn an_interface_is_seen_through_any_number_of_imports_and_no_further() {
        check(
            &["a.py 1", "b.py 1 a:x", "c.py 1 b", "d.py 1", "e.py 1 d"],
            &["a.py 2", "b.py 1 a:x", "c.py 1 b", "d.py 1", "e.py 1 d"],
            &["b.py", "c.py"],
        );
    }

    #[test]
    fn a_group_of_files_that_import_one_another_is_seen_as_one() {
        check(
            &["a.py 1 b", "b.py 1 c", "c.py 1 a d", "d.py 1", "e.py 1 a"],
            &["a.py 1 b", "b.py 1 c", "c.py 1 a d", "d.py 2", "e.py 1 a"],
            &["a.py", "b.py", "c.py", "e.py"],
        );
        check(&["a.py 1 b", "b.py 1 a", "c.py 1"], &["a.py 1 b", "b.py 1 a", "c.py 2"], &[]);
    }

    #[test]
    fn the_order_of_files_does_not_count() {
        let forward = prints(&["a.py 1", "b.py 1 a c", "c.py 2"]);
        let backward = prints(&["c.py 2", "b.py 1 a c", "a.py 1"]);
        assert_eq!(forward.iter().rev().collect::<Vec<_>>(), backward.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_comes_goes_or_moves_is_seen_by_those_who_may_find_it() {
        check(&["a.py 1 b"], &["a.py 1 b", "b.py 1"], &["a.py"]);
        check(&["p/a.py 1 b"], &["p/a.py 1 b", "p/b.py 1"], &["p/a.py"]);
        check(&["a.py 1 p.q:r"], &["a.py 1 p.q:r", "p/q/r.py 1"], &["a.py"]);
        check(&["a.py 1 p.q"], &["a.py 1 p.q", "src/p/__init__.py 1"], &["a.py"]);
        check(&["a.py 1 b", "b.py 1"], &["a.py 1 b", "b.py 1", "b.pyi 1"], &["a.py"]);
        check(&["a.py 1 b"], &["a.py 1 b", "c.py 1"], &[]);
        check(&["a.py 1"], &["a.py 1", "__builtins__.pyi 1"], &["a.py"]);
        check(&["p/q/a.py 1 b"], &["p/q/a.py 1 b", "p/b.py 1"], &["p/q/a.py"]);
        check(&["p/q/a.py 1 b"], &["p/q/a.py 1 b", "p/__init__.py 1"], &["p/q/a.py"]);
    }

    #[test]
    fn what_is_outside_may_lead_back_inside() {
        check(&["a.py 1", "src/os/path.py 1"], &["a.py 1", "src/os/path.py 2"], &["a.py", "src/os/path.py"]);
        check(&["a.py 1 plugin.x", "b.py 1", "c.py 1"], &["a.py 1 plugin.x", "b.py 1", "c.py 2"], &["a.py"]);
    }

    #[test]
    fn names_in_symbols_are_those_of_one_file_or_of_a_source_and_its_stub() {
        let names = |files: &[(&str, &str)]| symbol_modules(files);
        assert_eq!(names(&[("src/a.py", "a"), ("src/a.pyi", "a"), ("b.py", "b")]), ["a", "a", "b"]);
        assert_eq!(names(&[("x/src/a.py", "a"), ("y/src/a.py", "a")]), ["x.src.a", "y.src.a"]);
        assert_eq!(names(&[("a.py", "a"), ("a/__init__.py", "a")]), ["./a.py", "a"]);
        assert_eq!(names(&[("x.py", "x"), ("src/x.py", "x")]), ["x", "src.x"]);
        assert_eq!(
            names(&[("src/a.py", "a"), ("lib/src/a.py", "src.a"), ("b/a.py", "a")]),
            ["src.a", "lib.src.a", "b.a"]
        );
    }

    #[test]
    fn relative_imports_lead_to_the_package() {
        let target = |import: &str, path: &str| {
            let importing = format!("p/q/a.py 1 {import}");
            let (one, two) = (format!("{path} 1"), format!("{path} 2"));
            prints(&[&importing, &one])[0] != prints(&[&importing, &two])[0]
        };
        for (import, path) in [
            (".b:x", "p/q/b.py"),
            (".:b", "p/q/b.py"),
            (".:b", "p/q/__init__.py"),
            ("..b:x", "p/b.py"),
            ("..:b", "p/b/__init__.pyi"),
            ("...b:x", "b.py"),
        ] {
            assert!(target(import, path), "{import} to {path}");
        }
        for (import, path) in [(".b:x", "p/b.py"), ("..b:x", "b.py"), ("....b:x", "b.py"), ("b:x", "r/b.py")] {
            assert!(!target(import, path), "{import} to {path}");
        }
    }

    #[test]
    fn closures_hold_what_is_imported() {
        let imports: Vec<Import> = vec!["b".parse().unwrap()];
        let file =
            |path, module, imports| ImportingFile { path, module, symbol_module: module, interface: "", imports };
        let files = [file("a.py", "a", &imports[..]), file("b.py", "b", &[]), file("c.py", "c", &imports[..])];
        let graph = ImportGraph::new(&files, Outside::default());
        assert_eq!((graph.closure(0), graph.closure(1)), (vec![0, 1], vec![1]));
    }
}
