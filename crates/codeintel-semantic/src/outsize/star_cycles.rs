//! Modules that import all names of one another in a circle, for which ty starts again and again.

use ruff_python_ast::Stmt;
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, StmtImportFrom};
use rustc_hash::{FxHashMap, FxHashSet};

use super::parsed;

/// So many modules may be in a cycle of star imports.
pub(crate) const MOST_IN_STAR_CYCLE: usize = 50;

/// The files of a repository, as far as star imports lead to them.
pub(crate) trait Tree {
    /// Whether there is a file at a path from the root.
    fn has(&self, path: &str) -> bool;
    /// The text of a file.
    fn text(&self, path: &str) -> Option<String>;
    /// The folders that imports start from, in the order in which they are searched.
    fn import_roots(&self) -> &[String];
}

/// What is known of star imports.
#[derive(Debug, Default)]
pub(crate) struct StarCycles {
    /// Files with the files whose names they import by a star.
    targets: FxHashMap<String, Vec<String>>,
    /// How many modules are in the cycle of a file that is in too large a one.
    large: FxHashMap<String, usize>,
}

impl StarCycles {
    /// How many modules are in the cycle of a file, if these are too many.
    pub(crate) fn large_cycle(&mut self, tree: &dyn Tree, path: &str, text: &str) -> Option<usize> {
        if let Some(size) = self.large.get(path) {
            return Some(*size);
        }
        if !self.targets.contains_key(path) {
            self.targets.insert(path.to_owned(), targets(tree, path, text));
        }
        if self.targets[path].is_empty() {
            return None;
        }
        let mut reached: Vec<String> = vec![path.to_owned()];
        let mut seen: FxHashSet<String> = reached.iter().cloned().collect();
        let mut next = 0;
        while next < reached.len() {
            let here = reached[next].clone();
            next += 1;
            if !self.targets.contains_key(&here) {
                let found = tree.text(&here).map(|text| targets(tree, &here, &text)).unwrap_or_default();
                self.targets.insert(here.clone(), found);
            }
            reached.extend(self.targets[&here].iter().filter(|target| seen.insert((*target).clone())).cloned());
        }
        let mut sources: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for from in &reached {
            for to in &self.targets[from] {
                sources.entry(to).or_default().push(from);
            }
        }
        let mut cycle: Vec<&str> = vec![path];
        let mut in_cycle: FxHashSet<&str> = cycle.iter().copied().collect();
        let mut next = 0;
        while next < cycle.len() {
            let found = sources.get(cycle[next]).into_iter().flatten().copied();
            let found: Vec<&str> = found.filter(|source| in_cycle.insert(source)).collect();
            cycle.extend(found);
            next += 1;
        }
        let size = cycle.len();
        if size <= MOST_IN_STAR_CYCLE {
            return None;
        }
        self.large.extend(cycle.iter().map(|path| ((*path).to_owned(), size)));
        Some(size)
    }

    /// The files that are in too large a cycle.
    pub(crate) fn large(&self) -> impl Iterator<Item = &str> {
        self.large.keys().map(String::as_str)
    }

    /// Whether a file is known to be in one.
    pub(crate) fn is_known(&self, path: &str) -> bool {
        self.large.contains_key(path)
    }
}

/// The files whose names a file imports by a star.
fn targets(tree: &dyn Tree, path: &str, text: &str) -> Vec<String> {
    if !text.contains('*') || !text.contains("import") {
        return Vec::new();
    }
    let Some(module) = parsed(text) else { return Vec::new() };
    let mut stars = Stars(Vec::new());
    stars.visit_body(module.suite());
    let mut found: Vec<String> = stars.0.iter().filter_map(|import| target(tree, path, import)).collect();
    found.sort();
    found.dedup();
    found
}

fn target(tree: &dyn Tree, path: &str, import: &StmtImportFrom) -> Option<String> {
    let name = import.module.as_ref().map_or("", |name| name.as_str()).replace('.', "/");
    let starts: Vec<&str> = match import.level {
        0 => tree.import_roots().iter().map(String::as_str).collect(),
        level => {
            let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).len();
            let mut start = path;
            for _ in 0..level {
                start = &start[..folder(start)];
            }
            vec![start]
        }
    };
    starts.into_iter().find_map(|start| {
        let parts = [start, &name];
        let stem = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let inside = if stem.is_empty() { String::new() } else { format!("{stem}/") };
        let candidates = [
            format!("{inside}__init__.pyi"),
            format!("{inside}__init__.py"),
            format!("{stem}.pyi"),
            format!("{stem}.py"),
        ];
        candidates.into_iter().find(|candidate| tree.has(candidate))
    })
}

struct Stars<'a>(Vec<&'a StmtImportFrom>);

impl<'a> Visitor<'a> for Stars<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::ImportFrom(import) if import.names.iter().any(|alias| alias.name.as_str() == "*") => {
                self.0.push(import);
            }
            _ => walk_stmt(self, statement),
        }
    }

    /// No expression holds an import.
    fn visit_expr(&mut self, _: &'a Expr) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(FxHashMap<String, String>, Vec<String>);

    impl Tree for Files {
        fn has(&self, path: &str) -> bool {
            self.0.contains_key(path)
        }
        fn text(&self, path: &str) -> Option<String> {
            self.0.get(path).cloned()
        }
        fn import_roots(&self) -> &[String] {
            &self.1
        }
    }

    /// The modules `p/m0` to `p/m(n-1)` in a circle, each importing by one of these forms, and one more that looks on.
    fn ring(size: usize) -> Files {
        let forms = ["from p.mN import *", "from .mN import *", "from ..p.mN import *", "if x:\n  from p.mN import *"];
        let module = |number: usize| {
            let next = ((number + 1) % size).to_string();
            (format!("src/p/m{number}.py"), forms[number % forms.len()].replace('N', &next))
        };
        let mut files: FxHashMap<String, String> = (0..size).map(module).collect();
        files.insert("src/user.py".to_owned(), "from p.m0 import *".to_owned());
        Files(files, vec!["src".to_owned(), String::new()])
    }

    fn check(files: &Files, path: &str, expected: Option<usize>) {
        let text = files.text(path).unwrap();
        assert_eq!(StarCycles::default().large_cycle(files, path, &text), expected, "{path}");
    }

    #[test]
    fn large_cycles_are_found_from_each_of_their_modules() {
        let files = ring(60);
        for number in [0, 1, 2, 3, 59] {
            check(&files, &format!("src/p/m{number}.py"), Some(60));
        }
        check(&files, "src/user.py", None);
    }

    #[test]
    fn small_cycles_and_chains_are_no_trouble() {
        check(&ring(MOST_IN_STAR_CYCLE), "src/p/m0.py", None);
        let mut chain = ring(200);
        chain.0.insert("src/p/m199.py".to_owned(), String::new());
        check(&chain, "src/p/m0.py", None);
    }
}
