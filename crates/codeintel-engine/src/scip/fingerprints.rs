//! What each file may look up in other files, as one hash for each file.
//!
//! What a name in a file stands for depends on the file itself and on the interfaces (`core.interfaces`) of all files that
//! it imports, directly or through others. A fingerprint is a hash over all of them. To find it for every file at once,
//! files that import one another are taken together, and each such group is hashed once, from what is in it and from the
//! hashes of the groups that it imports.
//!
//! An import is taken to lead to every file that it might lead to, whatever order a resolver searches in. So a new file that
//! takes the place of another one changes the fingerprints of those who may find it.

use codeintel_base::ContentHash;
use codeintel_python::Import;
use rustc_hash::FxHashMap;

/// A source file as others see it.
#[derive(Debug, Clone)]
pub(crate) struct ImportingFile<'a> {
    pub(crate) path: &'a str,
    /// Its importable name.
    pub(crate) module: &'a str,
    /// Hash of its interface; empty where it has none.
    pub(crate) interface: &'a str,
    pub(crate) imports: &'a [Import],
}

/// Which files may import which.
#[derive(Debug)]
pub(crate) struct ImportGraph {
    /// For each file, the files that each of its imports may lead to, sorted.
    targets: Vec<Vec<Vec<u32>>>,
}

/// A file of the repository's root that every file looks into, if it is there.
const BUILTINS: &str = "__builtins__.pyi";

impl ImportGraph {
    pub(crate) fn new(files: &[ImportingFile<'_>]) -> Self {
        let names = Names::new(files);
        let targets = files.iter().map(|file| {
            let imports = file.imports.iter().map(|import| names.candidates(file, import));
            imports.chain([names.at(BUILTINS)]).collect()
        });
        Self { targets: targets.collect() }
    }

    /// The files that a file imports, once or more often.
    fn imported(&self, file: usize) -> impl Iterator<Item = u32> + '_ {
        self.targets[file].iter().flatten().copied()
    }

    /// The fingerprints of all files, in their order.
    pub(crate) fn fingerprints(&self, files: &[ImportingFile<'_>]) -> Vec<ContentHash> {
        let groups = self.groups();
        let mut group_of = vec![0; files.len()];
        for (number, group) in groups.iter().enumerate() {
            for file in group {
                group_of[*file as usize] = number;
            }
        }
        // A group comes behind those that it imports.
        let mut hashes: Vec<ContentHash> = Vec::with_capacity(groups.len());
        for (number, group) in groups.iter().enumerate() {
            let mut members: Vec<&ImportingFile<'_>> = group.iter().map(|file| &files[*file as usize]).collect();
            members.sort_by_key(|file| file.path);
            let imported = group.iter().flat_map(|file| self.imported(*file as usize));
            let mut imported: Vec<usize> = imported.map(|file| group_of[file as usize]).collect();
            imported.sort_unstable();
            imported.dedup();
            let mut imported: Vec<String> =
                imported.into_iter().filter(|other| *other != number).map(|other| hashes[other].to_string()).collect();
            imported.sort_unstable();
            let mut bytes = Vec::new();
            for file in members {
                add(&mut bytes, &[file.path, file.module, file.interface]);
                for import in file.imports {
                    add(&mut bytes, &[&import.to_string()]);
                }
            }
            for hash in &imported {
                add(&mut bytes, &[hash]);
            }
            hashes.push(ContentHash::of(&bytes));
        }
        let fingerprint = |(number, file): (usize, &ImportingFile<'_>)| {
            let mut bytes = Vec::new();
            add(&mut bytes, &[file.module]);
            for targets in &self.targets[number] {
                for target in targets {
                    let hash = hashes[group_of[*target as usize]];
                    add(&mut bytes, &[files[*target as usize].path, &hash.to_string()]);
                }
                add(&mut bytes, &[""]);
            }
            ContentHash::of(&bytes)
        };
        files.iter().enumerate().map(fingerprint).collect()
    }

    /// The files that a file imports, directly or through others, itself included.
    pub(crate) fn closure(&self, file: usize) -> Vec<u32> {
        let mut seen = vec![false; self.targets.len()];
        let mut found = vec![file as u32];
        seen[file] = true;
        let mut next = 0;
        while let Some(file) = found.get(next) {
            next += 1;
            for target in self.imported(*file as usize).collect::<Vec<_>>() {
                if !std::mem::replace(&mut seen[target as usize], true) {
                    found.push(target);
                }
            }
        }
        found
    }

    /// Files that import one another, directly or through others, in groups; a group comes behind those that it imports.
    /// Tarjan's algorithm, with a stack of its own.
    fn groups(&self) -> Vec<Vec<u32>> {
        const UNSEEN: u32 = u32::MAX;
        let count = self.targets.len();
        let edges: Vec<Vec<u32>> = (0..count).map(|file| self.imported(file).collect()).collect();
        let mut order = vec![UNSEEN; count];
        let mut lowest = vec![0; count];
        let mut is_open = vec![false; count];
        let (mut open, mut groups, mut next) = (Vec::new(), Vec::new(), 0);
        for start in 0..count {
            if order[start] != UNSEEN {
                continue;
            }
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((file, edge)) = path.last_mut() {
                let file = *file;
                if *edge == 0 {
                    (order[file], lowest[file]) = (next, next);
                    next += 1;
                    open.push(file as u32);
                    is_open[file] = true;
                }
                let target = edges[file].get(*edge).map(|target| *target as usize);
                *edge += 1;
                match target {
                    Some(target) if order[target] == UNSEEN => path.push((target, 0)),
                    Some(target) if is_open[target] => lowest[file] = lowest[file].min(order[target]),
                    Some(_) => {}
                    None => {
                        path.pop();
                        if let Some((parent, _)) = path.last() {
                            lowest[*parent] = lowest[*parent].min(lowest[file]);
                        }
                        if lowest[file] == order[file] {
                            let first = open.iter().rposition(|other| *other == file as u32).unwrap_or(0);
                            let group: Vec<u32> = open.drain(first..).collect();
                            for member in &group {
                                is_open[*member as usize] = false;
                            }
                            groups.push(group);
                        }
                    }
                }
            }
        }
        groups
    }
}

/// Texts that cannot be mistaken for one another when they are put together.
fn add(bytes: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
}

/// Files by the dotted names and the paths under which they might be imported.
struct Names<'a> {
    by_name: FxHashMap<String, Vec<u32>>,
    by_path: FxHashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn new(files: &[ImportingFile<'a>]) -> Self {
        let mut by_name: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        let mut by_path = FxHashMap::default();
        for (number, file) in files.iter().enumerate() {
            by_path.insert(file.path, number as u32);
            let from_root = from_root(file.path);
            if from_root != file.module {
                by_name.entry(from_root).or_default().push(number as u32);
            }
            by_name.entry(file.module.to_owned()).or_default().push(number as u32);
        }
        Self { by_name, by_path }
    }

    fn at(&self, path: &str) -> Vec<u32> {
        self.by_path.get(path).copied().into_iter().collect()
    }

    /// The files that an import may lead to: the module, the packages around it and, since a name may be that of a
    /// submodule, the modules of those names.
    fn candidates(&self, file: &ImportingFile<'_>, import: &Import) -> Vec<u32> {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let parts: Vec<&str> = import.module.split('.').filter(|part| !part.is_empty()).collect();
        let mut found = Vec::new();
        if import.level > 0 {
            let above = (1..import.level).try_fold(folder, |folder, _| {
                folder.rsplit_once('/').map(|(above, _)| above).or_else(|| (!folder.is_empty()).then_some(""))
            });
            let Some(base) = above else { return found };
            self.below(base, &[], &mut found);
            self.below(base, &parts, &mut found);
            for name in import.names.iter().flatten() {
                self.below(base, &[&parts[..], &[name]].concat(), &mut found);
            }
        }
        let package = package(file, import.level);
        let absolute: Vec<&str> = package.iter().copied().chain(parts.iter().copied()).collect();
        for length in 1..=absolute.len() {
            self.named(&absolute[..length], folder, &mut found);
        }
        for name in import.names.iter().flatten() {
            self.named(&[&absolute[..], &[name]].concat(), folder, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Files of a dotted name, from any source root, from the repository's root or from the importing file's folder.
    fn named(&self, parts: &[&str], folder: &str, found: &mut Vec<u32>) {
        found.extend(self.by_name.get(&parts.join(".")).into_iter().flatten());
        self.below(folder, parts, found);
    }

    fn below(&self, folder: &str, parts: &[&str], found: &mut Vec<u32>) {
        let stem: Vec<&str> =
            Some(folder).filter(|folder| !folder.is_empty()).into_iter().chain(parts.iter().copied()).collect();
        let stem = stem.join("/");
        for ending in [".py", ".pyi", "/__init__.py", "/__init__.pyi"] {
            let path = format!("{stem}{ending}");
            found.extend(self.by_path.get(path.trim_start_matches('/')));
        }
    }
}

/// The dotted name of a path from the repository's root.
fn from_root(path: &str) -> String {
    let stem = path.strip_suffix(".pyi").or_else(|| path.strip_suffix(".py")).unwrap_or(path);
    stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".")
}

/// The parts of the package that a relative import starts from; none for an absolute one.
fn package<'f>(file: &ImportingFile<'f>, level: u32) -> Vec<&'f str> {
    if level == 0 {
        return Vec::new();
    }
    let mut parts: Vec<&str> = file.module.split('.').collect();
    let is_package = codeintel_datasets::ModuleNames::is_package(file.path);
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
            files.iter().map(|parts| from_root(parts[0].strip_prefix("src/").unwrap_or(parts[0]))).collect();
        let files: Vec<ImportingFile<'_>> = files
            .iter()
            .zip(&imports)
            .zip(&modules)
            .map(|((parts, imports), module)| ImportingFile { path: parts[0], module, interface: parts[1], imports })
            .collect();
        ImportGraph::new(&files).fingerprints(&files).iter().map(ToString::to_string).collect()
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
        for (import, path) in [(".b:x", "p/b.py"), ("..b:x", "b.py"), ("....b:x", "b.py"), ("b:x", "p/b.py")] {
            assert!(!target(import, path), "{import} to {path}");
        }
    }

    #[test]
    fn closures_hold_what_is_imported() {
        let imports: Vec<Import> = vec!["b".parse().unwrap()];
        let file = |path, module, imports| ImportingFile { path, module, interface: "", imports };
        let files = [file("a.py", "a", &imports[..]), file("b.py", "b", &[]), file("c.py", "c", &imports[..])];
        let graph = ImportGraph::new(&files);
        assert_eq!((graph.closure(0), graph.closure(1)), (vec![0, 1], vec![1]));
    }
}
