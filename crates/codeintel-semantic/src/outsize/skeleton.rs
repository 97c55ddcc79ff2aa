//! What ty sees of a file that is too large for it: the names of its modules and classes without bodies and values.

use std::fmt::Write as _;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;

use super::parsed;
use crate::describe::Documented;
use crate::names::found::{Chain, Exports, Walked, What};
use crate::names::scopes::{Entry, ScopeKind, SourceKind};
use crate::names::walk::Walker;

/// A skeleton has so many names at most, in the order of the alphabet.
const MOST_NAMES: usize = 20_000;

/// A value of which nothing is known: no module and no builtin has such a name.
const UNKNOWN: &str = "__unknown_value__";

/// The skeleton of a text, and whether names that come through a star are left out.
pub(crate) fn skeleton(text: &str, without_stars: bool) -> String {
    let Some(module) = parsed(text) else { return String::new() };
    let documented = Documented::default();
    let walked = Walker::walk(text, None, None, &documented, module.suite());
    let mut bases: FxHashMap<(usize, &Name), &[Chain]> = FxHashMap::default();
    for event in &walked.events {
        if let What::Class(name, _, chains) = &event.what {
            bases.entry((event.scope, name)).or_insert(chains);
        }
    }
    let mut classes: FxHashMap<(usize, &Name), Vec<usize>> = FxHashMap::default();
    for (number, scope) in walked.scopes.iter().enumerate().filter(|(_, scope)| scope.kind == ScopeKind::Class) {
        let mut around = scope.parent.unwrap_or_default();
        while walked.scopes[around].kind == ScopeKind::TypeParameters {
            around = walked.scopes[around].parent.unwrap_or_default();
        }
        classes.entry((around, &scope.name)).or_default().push(number);
    }
    let mut writer = Writer { walked: &walked, bases, classes, left: MOST_NAMES, text: String::new() };
    if !without_stars {
        for star in &walked.scopes[0].stars {
            writer.import_from(0, star.level, star.name.as_deref(), "*");
        }
    }
    writer.scope(0, 0);
    let mut declared: Vec<&Name> = walked.declared.iter().collect();
    declared.sort();
    for name in declared.into_iter().filter(|name| !walked.scopes[0].names.contains_key(*name)) {
        writer.line(0, &format!("{name} = {UNKNOWN}"));
    }
    writer.exports();
    writer.text
}

struct Writer<'w> {
    walked: &'w Walked,
    /// Bases by the scope and name of a class.
    bases: FxHashMap<(usize, &'w Name), &'w [Chain]>,
    /// Scopes of classes by the scope around them and their names.
    classes: FxHashMap<(usize, &'w Name), Vec<usize>>,
    left: usize,
    text: String,
}

impl<'w> Writer<'w> {
    fn line(&mut self, indent: usize, line: &str) {
        if self.left > 0 {
            self.left -= 1;
            let _ = writeln!(self.text, "{:indent$}{line}", "");
        }
    }

    fn import_from(&mut self, indent: usize, level: u32, name: Option<&str>, imported: &str) {
        let dots = ".".repeat(level as usize);
        self.line(indent, &format!("from {dots}{} import {imported}", name.unwrap_or_default()));
    }

    /// The names of the module or of a class.
    fn scope(&mut self, scope: usize, indent: usize) {
        let here = &self.walked.scopes[scope];
        let mut names: Vec<(&Name, &Entry)> = here.names.iter().filter(|(name, _)| !name.is_empty()).collect();
        names.sort_by(|a, b| a.0.cmp(b.0));
        for (name, entry) in names {
            for source in &entry.sources {
                match &source.kind {
                    SourceKind::Function => self.line(indent, &format!("def {name}(*args, **kwargs): ...")),
                    SourceKind::Class => self.class(scope, name, indent),
                    SourceKind::Variable => self.line(indent, &format!("{name} = {UNKNOWN}")),
                    SourceKind::Declaration => self.line(indent, &format!("{name}: {UNKNOWN}")),
                    SourceKind::Module { name: module, is_renamed: false } => {
                        self.line(indent, &format!("import {module}"));
                    }
                    SourceKind::Module { name: module, .. } => {
                        self.line(indent, &format!("import {module} as {name}"));
                    }
                    SourceKind::From { module, name: imported, .. } => {
                        self.import_from(
                            indent,
                            module.level,
                            module.name.as_deref(),
                            &format!("{imported} as {name}"),
                        );
                    }
                    SourceKind::Parameter | SourceKind::TypeParameter | SourceKind::Submodule => {}
                }
            }
        }
        let mut members: Vec<&Name> =
            here.members.iter().filter(|name| !name.is_empty() && !here.names.contains_key(*name)).collect();
        members.sort();
        for name in members {
            self.line(indent, &format!("{name}: {UNKNOWN}"));
        }
    }

    fn class(&mut self, around: usize, name: &'w Name, indent: usize) {
        let chain = |(read, _, attributes): &Chain| {
            let names = std::iter::once(&read.name).chain(attributes).map(Name::as_str);
            names.collect::<Vec<_>>().join(".")
        };
        let bases = self.bases.get(&(around, name)).copied().unwrap_or_default();
        let bases: Vec<String> = bases.iter().take(16).filter(|(.., chain)| chain.len() < 8).map(chain).collect();
        let scopes = self.classes.remove(&(around, name)).unwrap_or_default();
        self.line(indent, &format!("class {name}({}):", bases.join(", ")));
        let _ = writeln!(self.text, "{:1$}...", "", indent + 1);
        // A class has few classes inside of one another, or it is none for ty.
        if indent < 16 {
            for scope in scopes {
                self.scope(scope, indent + 1);
            }
        }
    }

    fn exports(&mut self) {
        if let Exports::Names(names) = &self.walked.exports {
            let mut names: Vec<String> =
                names.iter().map(|name| format!("{:?}", name.as_str())).take(MOST_NAMES).collect();
            names.sort();
            let _ = writeln!(self.text, "__all__ = [{}]", names.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_has_the_names_that_others_can_import() {
        let text = "\
import a.b, c as d
from .x import y as z
from w import *
__all__ = ['f']
def f(p): q = 1
class C(B, m.N[int]):
    v = 1
    class D: u: int
    def g(self): self.s = 1
def h():
    global k
    k = 1
";
        let expected = "\
from w import *
class C(B, m.N):
 ...
 class D():
  ...
  u: __unknown_value__
 def g(*args, **kwargs): ...
 v = __unknown_value__
 s: __unknown_value__
__all__ = __unknown_value__
import a.b
import c as d
def f(*args, **kwargs): ...
def h(*args, **kwargs): ...
from .x import y as z
k = __unknown_value__
__all__ = [\"f\"]
";
        assert_eq!(skeleton(text, false), expected);
        assert_eq!(skeleton(text, true), expected.replace("from w import *\n", ""));
    }

    #[test]
    fn a_skeleton_is_small_whatever_the_text_is() {
        assert_eq!(skeleton(&"x = 1\n".repeat(100_000), false), "x = __unknown_value__\n");
        let many: String = (0..100_000).map(|name| format!("x{name} = 1\n")).collect();
        assert_eq!(skeleton(&many, false).lines().count(), MOST_NAMES);
    }
}
