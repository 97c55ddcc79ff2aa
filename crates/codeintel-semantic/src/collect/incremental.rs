//! A document after an edit: only the functions that differ are resolved again.
//!
//! What a function refers to depends on its own text and on what it may look up: in its file, in others, and in installed packages, but
//! not in the bodies of other functions as far as these are hidden (see `core.interfaces`). So a document is collected in parts, one for
//! each function of the module or of a class and one for what stands between two of them. Where all that may be looked up is
//! the same as before, and the text between the functions is, too, the parts of functions of the same text are moved to their new place.

use std::mem::{Discriminant, discriminant};

use codeintel_base::ContentHash;
use codeintel_scip::PlacedDocument;
use ruff_db::parsed::parsed_module;
use ruff_db::source::{SourceText, source_text};
use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged as _, TextRange, TextSize};
use rustc_hash::FxHashMap;
use ty_python_core::scope::{FileScopeId, NodeWithScopeKind, NodeWithScopeRef};
use ty_python_core::{ProgramFile, semantic_index};

use super::Collector;
use super::part::{Found, Part};
use crate::database::Db;
use crate::symbols::Target;

/// A document in parts, from which the next one is made.
#[derive(Debug)]
pub(crate) struct Memo {
    /// Hash of all that may be looked up.
    lookup_hash: ContentHash,
    source: SourceText,
    /// Where the functions are, none inside of another, in the order of the source.
    functions: Vec<TextRange>,
    scopes: Vec<(FileScopeId, ScopePlace)>,
    /// What stands before the first function, what is in it, what stands behind it, and so on.
    parts: Vec<Part>,
}

/// What a scope is, and where. No two scopes of a file have the same.
type ScopePlace = (Discriminant<NodeWithScopeKind>, TextRange);

/// Collect the document of a file, with the help of an earlier one.
pub(crate) fn reuse<'db>(
    db: &'db dyn Db,
    file: ProgramFile<'db>,
    lookup_hash: ContentHash,
    before: Option<Memo>,
) -> (PlacedDocument, Memo) {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let suite = module.suite();
    let mut functions = Functions { class: None, found: Vec::new() };
    functions.visit_body(suite);
    let functions = functions.found;
    let mut memo = Memo {
        lookup_hash,
        source: source_text(db, file.file(db)),
        functions: functions.iter().map(|(function, _)| function.range()).collect(),
        scopes: scopes(db, file),
        parts: Vec::new(),
    };
    let mut collector = Collector::new(db, file);
    collector.parts = Some(Vec::new());
    let again = before.and_then(|before| {
        let changed = before.changed_functions(&memo)?;
        Some((before.moved_to(&memo, &changed)?, changed))
    });
    memo.parts = match again {
        Some((parts, changed)) => {
            for ((function, class), _) in functions.iter().zip(changed).filter(|(_, is_changed)| *is_changed) {
                collector.scopes.truncate(1);
                let scope = class.and_then(|class| collector.index.try_node_scope(NodeWithScopeRef::Class(class)));
                collector.scopes.extend(scope);
                collector.visit_stmt(function);
            }
            let mut resolved = collector.into_parts().into_iter().skip(1).step_by(2);
            parts.into_iter().map(|part| part.or_else(|| resolved.next()).unwrap_or_default()).collect()
        }
        None => {
            collector.module();
            collector.visit_body(suite);
            collector.into_parts()
        }
    };
    (Part::whole(memo.parts.clone()).into_document_of(db, file), memo)
}

impl Memo {
    /// Which functions differ, if nothing else does.
    pub(crate) fn changed_functions(&self, now: &Self) -> Option<Vec<bool>> {
        if self.lookup_hash != now.lookup_hash || self.functions.len() != now.functions.len() {
            return None;
        }
        let (from, to) = (self.borders(), now.borders());
        let differs: Vec<bool> =
            from.windows(2).zip(to.windows(2)).map(|(from, to)| self.text(from) != now.text(to)).collect();
        let is_between_same = differs.iter().step_by(2).all(|differs| !differs);
        is_between_same.then(|| differs.into_iter().skip(1).step_by(2).collect())
    }

    /// Its parts, moved to where their text is now; none for those of functions that differ.
    fn moved_to(self, now: &Self, changed: &[bool]) -> Option<Vec<Option<Part>>> {
        let places: FxHashMap<ScopePlace, FileScopeId> =
            now.scopes.iter().map(|(scope, place)| (*place, *scope)).collect();
        let mut step = Step { from: self.borders(), to: now.borders(), changed, scopes: FxHashMap::default() };
        for (scope, (kind, range)) in &self.scopes {
            let scope_now = step.range(*range).and_then(|range| places.get(&(*kind, range)));
            step.scopes.extend(scope_now.map(|now| (*scope, *now)));
        }
        let parts = self.parts.into_iter().enumerate();
        parts
            .map(|(number, part)| if step.is_changed(number) { Some(None) } else { step.part(part).map(Some) })
            .collect()
    }

    /// The text between two borders.
    fn text(&self, borders: &[TextSize]) -> &str {
        self.source.as_str().get(borders[0].to_usize()..borders[1].to_usize()).unwrap_or_default()
    }

    /// Where the functions begin and end, between the beginning and the end of the text.
    fn borders(&self) -> Vec<TextSize> {
        let functions = self.functions.iter().flat_map(|function| [function.start(), function.end()]);
        let end = TextSize::of(self.source.as_str());
        std::iter::once(TextSize::default()).chain(functions).chain([end]).collect()
    }
}

/// The step from one text to another.
struct Step<'c> {
    /// Borders between the parts before.
    from: Vec<TextSize>,
    /// The same now.
    to: Vec<TextSize>,
    /// Which functions differ.
    changed: &'c [bool],
    /// Scopes before and now.
    scopes: FxHashMap<FileScopeId, FileScopeId>,
}

impl Step<'_> {
    /// Whether a part is a function that differs.
    fn is_changed(&self, part: usize) -> bool {
        part % 2 == 1 && self.changed[part / 2]
    }

    /// Where a place is now; none inside of what differs.
    fn place(&self, before: TextSize) -> Option<TextSize> {
        let part = self.from.partition_point(|border| *border <= before).checked_sub(1)?;
        let inside = before - self.from[part];
        (inside == TextSize::default() || !self.is_changed(part)).then(|| self.to[part] + inside)
    }

    fn range(&self, before: TextRange) -> Option<TextRange> {
        Some(TextRange::new(self.place(before.start())?, self.place(before.end())?))
    }

    fn part(&self, mut part: Part) -> Option<Part> {
        for Found { range, target, enclosing, .. } in &mut part.found {
            *range = self.range(*range)?;
            if let Some(enclosing) = enclosing {
                *enclosing = self.range(*enclosing)?;
            }
            if let Target::Local(scope, _) = target {
                *scope = *self.scopes.get(scope)?;
            }
        }
        for (range, ..) in &mut part.unresolved {
            *range = self.range(*range)?;
        }
        for (name, _) in &mut part.returned {
            *name = self.place(*name)?;
        }
        Some(part)
    }
}

/// The places of all scopes of a file.
fn scopes<'db>(db: &'db dyn Db, file: ProgramFile<'db>) -> Vec<(FileScopeId, ScopePlace)> {
    let module = parsed_module(db, file.python_file(db)).load(db);
    let place = |kind: &NodeWithScopeKind| match kind {
        NodeWithScopeKind::Module => TextRange::default(),
        NodeWithScopeKind::Class(node) | NodeWithScopeKind::ClassTypeParameters(node) => node.node(&module).range(),
        NodeWithScopeKind::Function(node) | NodeWithScopeKind::FunctionTypeParameters(node) => {
            node.node(&module).range()
        }
        NodeWithScopeKind::TypeAlias(node) | NodeWithScopeKind::TypeAliasTypeParameters(node) => {
            node.node(&module).range()
        }
        NodeWithScopeKind::Lambda(node) => node.node(&module).range(),
        NodeWithScopeKind::ListComprehension(node) => node.node(&module).range(),
        NodeWithScopeKind::SetComprehension(node) => node.node(&module).range(),
        NodeWithScopeKind::DictComprehension(node) => node.node(&module).range(),
        NodeWithScopeKind::GeneratorExpression(node) => node.node(&module).range(),
    };
    let scopes = semantic_index(db, file).scope_ids();
    let scopes = scopes.map(|scope| {
        let kind = scope.node(db);
        (scope.file_scope_id(db), (discriminant(kind), place(kind)))
    });
    scopes.collect()
}

impl Collector<'_> {
    /// A function of the module or of a class, in a part of its own.
    pub(super) fn function_apart(&mut self, function: &StmtFunctionDef) {
        // What is inside of it belongs to it.
        let Some(mut parts) = self.parts.take() else { return self.function(function) };
        parts.push(std::mem::take(&mut self.part));
        self.function(function);
        parts.push(std::mem::take(&mut self.part));
        self.parts = Some(parts);
    }

    /// What has been found: all in one, or what is in each function and what stands between them.
    pub(super) fn into_parts(self) -> Vec<Part> {
        let mut parts = self.parts.unwrap_or_default();
        parts.push(self.part);
        parts
    }
}

/// The functions of which none is inside of another, each with the class around it.
struct Functions<'a> {
    class: Option<&'a StmtClassDef>,
    found: Vec<(&'a Stmt, Option<&'a StmtClassDef>)>,
}

impl<'a> Visitor<'a> for Functions<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(_) => self.found.push((statement, self.class)),
            Stmt::ClassDef(class) => {
                let around = self.class.replace(class);
                self.visit_body(&class.body);
                self.class = around;
            }
            _ => walk_stmt(self, statement),
        }
    }

    /// No expression holds a function statement.
    fn visit_expr(&mut self, _: &'a Expr) {}
}
