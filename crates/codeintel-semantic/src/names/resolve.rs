//! What a walk has found, resolved once all scopes are known.

use std::rc::Rc;
use std::sync::Arc;

use codeintel_scip::{PlacedDocument, ReferenceKind, Symbol};
use ruff_python_ast::Stmt;
use ruff_python_ast::name::Name;
use ruff_text_size::{TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};
use ty_module_resolver::{ModuleName, file_to_module};
use ty_python_core::ProgramFile;

use super::found::{Chain, Described, Event, Read, Walked, What};
use super::modules::{By, Found, Search, describe_found, file_of, module_at, module_named, module_names, submodule};
use super::scopes::{Entry, ScopeKind, Source, SourceKind, scope_id, scope_of};
use crate::collect::part::{Defined, Found as Occurrence, Part};
use crate::collect::{
    DEFINITION, IMPORT, NO_SUCH_ATTRIBUTE, NO_SUCH_MODULE, NO_SUCH_NAME, NOT_IN_SOURCE, OF_MODULES, READ, sort_key,
};
use crate::database::Db;
use crate::describe::{describe_module, describe_suite};
use crate::modules::identifier;
use crate::symbols::{Target, module_symbol};

/// Why an attribute is not resolved.
pub(crate) const NO_TYPES: &str = "types are not inferred in this file";

/// A name leads to so many definitions at most.
const MOST_TARGETS: usize = 32;

/// What a name leads to.
#[derive(Clone)]
struct Meaning<'db> {
    targets: Rc<[Target]>,
    /// The module that it is, if it is one.
    module: Option<ProgramFile<'db>>,
}

pub(super) struct Resolution<'db> {
    db: &'db dyn Db,
    file: ProgramFile<'db>,
    walked: Walked,
    part: Part,
    meanings: FxHashMap<(usize, Name), Meaning<'db>>,
    /// What names of other modules lead to, as attributes of these.
    attributes: FxHashMap<(ProgramFile<'db>, Name), Meaning<'db>>,
    /// Modules that the file imports by `import a.b`, with all that they are in.
    imported: FxHashSet<Name>,
    builtins: Option<ProgramFile<'db>>,
}

impl<'db> Resolution<'db> {
    pub(super) fn new(db: &'db dyn Db, file: ProgramFile<'db>, walked: Walked) -> Self {
        let builtins = module_named(db, file, "builtins").and_then(|module| file_of(db, file, module));
        let (part, meanings, attributes, imported) = Default::default();
        Self { db, file, walked, part, meanings, attributes, imported, builtins }
    }

    /// The document of all that was found.
    pub(super) fn document(mut self, text: &str, suite: &[Stmt]) -> PlacedDocument {
        let module = module_symbol(self.db, self.file);
        if let Some(symbol) = &module {
            let described = describe_suite(suite, self.file.file(self.db).is_package(self.db), symbol);
            self.note_defined(symbol, Some(Box::new(described)));
            let statement = TextRange::up_to(TextSize::of(text));
            self.add(TextRange::default(), Target::Global(symbol.as_str().into()), DEFINITION, statement);
        }
        for event in &self.walked.events {
            if let What::Import { module, .. } = &event.what {
                let ends = module.match_indices('.').map(|(end, _)| end).chain([module.len()]);
                self.imported.extend(ends.map(|end| Name::new(&module[..end])));
            }
        }
        for event in std::mem::take(&mut self.walked.events) {
            self.event(event);
        }
        let scopes = &self.walked.scopes;
        let around = |scope| {
            let around = scopes[scope_of(scope)].prefix.as_deref().unwrap_or_default();
            let module = module.as_ref().filter(|_| around.ends_with('/'));
            module.cloned().unwrap_or_else(|| around.to_owned())
        };
        self.part.into_document(text, around)
    }

    fn event(&mut self, event: Event) {
        let Event { range, scope, statement, what } = event;
        match what {
            What::Read(read) => {
                let targets = self.read(scope, &read).targets;
                self.refer(range, &targets, READ, ReferenceKind::Name, NO_SUCH_NAME);
            }
            What::Attributes(base, parts) => self.attributes(scope, base.as_ref(), parts),
            What::Bind(name, roles, described) => self.bind(range, scope, &name, roles, described, statement),
            What::Refer(name, roles) => self.refer_to_owner(range, scope, &name, roles),
            What::Function(name, described) => {
                self.define(range, self.symbol_at_owner(scope, &name, "()."), described, statement, Vec::new());
            }
            What::Class(name, described, bases) => {
                let bases = bases.iter().filter_map(|base| self.base(base)).collect();
                self.define(range, self.symbol_at_owner(scope, &name, "#"), described, statement, bases);
            }
            What::Parameter(name, described) => match self.walked.scopes[scope].kind {
                ScopeKind::Function => {
                    let symbol = self.prefix(scope).map(|prefix| format!("{prefix}({})", identifier(&name)));
                    self.define(range, symbol, described, statement, Vec::new());
                }
                _ => {
                    let target = Target::Local(scope_id(scope), name.as_str().into());
                    self.add(range, target, DEFINITION, statement);
                }
            },
            What::TypeParameter(name, described) => {
                self.define(range, self.type_parameter(scope, &name), described, statement, Vec::new());
            }
            What::Import { module, renamed, bound } => {
                let found = module_named(self.db, self.file, &module);
                let file = found.and_then(|module| file_of(self.db, self.file, module));
                let targets = self.module_targets(file);
                let reason = if found.is_some() { NOT_IN_SOURCE } else { NO_SUCH_MODULE };
                self.imported(range, renamed, &targets, reason);
                self.bind_import(renamed.unwrap_or(range), scope, &bound, statement);
            }
            What::FromModule(path) => {
                for target in self.module_targets(self.module_file(&path)) {
                    self.add(range, target, IMPORT, statement);
                }
            }
            What::Star(path) => {
                let targets = self.module_targets(self.module_file(&path));
                let reason = if self.has_module(&path) { NO_SUCH_NAME } else { NO_SUCH_MODULE };
                self.refer(range, &targets, IMPORT, ReferenceKind::Import, reason);
            }
            What::From { module, name, renamed, bound } => {
                let mut search = Search::new(self.db);
                search.imported(self.file, &module, &name);
                let mut targets = self.targets(&search.found);
                if targets.is_empty()
                    && let Some(file) = self.module_file(&module)
                {
                    targets.extend(self.declared_in(file, &name));
                }
                let reason = match search.found.is_empty() {
                    true if self.has_module(&module) => NO_SUCH_NAME,
                    true => NO_SUCH_MODULE,
                    false => NOT_IN_SOURCE,
                };
                self.imported(range, renamed, &targets, reason);
                self.bind_import(renamed.unwrap_or(range), scope, &bound, statement);
            }
            What::Exported(name) => {
                for target in self.meaning(scope, &name).targets.iter() {
                    self.add(range, target.clone(), READ, statement);
                }
            }
            What::Member { name, roles, is_addition, described } => {
                self.member(range, scope, &name, roles, is_addition, described, statement);
            }
        }
    }

    fn has_module(&self, path: &super::scopes::ModulePath) -> bool {
        module_at(self.db, self.file, path).is_some()
    }

    fn module_file(&self, path: &super::scopes::ModulePath) -> Option<ProgramFile<'db>> {
        file_of(self.db, self.file, module_at(self.db, self.file, path)?)
    }

    fn add(&mut self, range: TextRange, target: Target, roles: u32, statement: TextRange) {
        let enclosing = (roles & DEFINITION != 0).then_some(statement);
        self.part.found.push(Occurrence { range, target, roles, enclosing, is_binding: false });
    }

    fn mark_binding(&mut self) {
        if let Some(found) = self.part.found.last_mut() {
            found.is_binding = true;
        }
    }

    /// Write references, or note that there is nothing to refer to.
    fn refer(&mut self, range: TextRange, targets: &[Target], roles: u32, kind: ReferenceKind, reason: &'static str) {
        self.part.count(range, kind, targets.is_empty().then_some(reason));
        for target in targets {
            self.add(range, target.clone(), roles, TextRange::default());
        }
    }

    fn note_defined(&mut self, symbol: &str, described: Described) {
        if let Some(mut described) = described
            && !self.part.defined.contains_key(symbol)
        {
            symbol.clone_into(&mut described.symbol);
            let defined = Defined { symbol: Arc::new(*described), relationships: Vec::new() };
            self.part.defined.insert(symbol.into(), defined);
        }
    }

    fn define(
        &mut self,
        range: TextRange,
        symbol: Option<String>,
        described: Described,
        statement: TextRange,
        relationships: Vec<Box<str>>,
    ) {
        let Some(symbol) = symbol else { return };
        self.note_defined(&symbol, described);
        if let Some(defined) = self.part.defined.get_mut(symbol.as_str()) {
            defined.relate(relationships);
        }
        self.add(range, Target::Global(symbol.into()), DEFINITION, statement);
    }

    fn bind(
        &mut self,
        range: TextRange,
        scope: usize,
        name: &Name,
        roles: u32,
        described: Described,
        statement: TextRange,
    ) {
        let Some(target) = self.home(scope, name) else { return };
        if let Target::Global(symbol) = &target
            && roles & DEFINITION != 0
        {
            self.note_defined(symbol, described);
        }
        self.add(range, target, roles, statement);
        self.mark_binding();
    }

    /// A name of a scope or of one further out that is not bound here: what is defined under it, or the variable.
    fn refer_to_owner(&mut self, range: TextRange, scope: usize, name: &Name, roles: u32) {
        let owner = self.owner(scope, name);
        let sources = self.walked.scopes[owner].names.get(name).map(|entry| entry.sources.as_slice());
        let is_symbol = |source: &&Source| !source.kind.is_import();
        let source = sources.unwrap_or_default().iter().find(is_symbol).map(|source| source.kind.clone());
        let target = source.and_then(|kind| self.own_target(owner, name, &kind));
        let global = target.filter(|target| matches!(target, Target::Global(_)));
        if let Some(target) = global.or_else(|| self.home(scope, name)) {
            self.add(range, target, roles, TextRange::default());
        }
    }

    fn imported(&mut self, range: TextRange, renamed: Option<TextRange>, targets: &[Target], reason: &'static str) {
        if let Some(renamed) = renamed {
            for target in targets {
                self.add(renamed, target.clone(), IMPORT, TextRange::default());
            }
        }
        self.refer(range, targets, IMPORT, ReferenceKind::Import, reason);
    }

    fn bind_import(&mut self, range: TextRange, scope: usize, name: &Name, statement: TextRange) {
        let target = Target::Local(scope_id(scope), name.as_str().into());
        self.add(range, target, DEFINITION | IMPORT, statement);
    }

    /// An attribute of a method's first parameter is bound, unless a method or property of the class is meant.
    #[expect(clippy::too_many_arguments, reason = "all of it belongs to one event")]
    fn member(
        &mut self,
        range: TextRange,
        class: usize,
        name: &Name,
        roles: u32,
        is_addition: bool,
        described: Described,
        statement: TextRange,
    ) {
        let scope = &self.walked.scopes[class];
        let Some(prefix) = scope.prefix.clone() else { return };
        let entry = scope.names.get(name);
        let is_function =
            entry.is_some_and(|entry| entry.sources.iter().any(|source| source.kind == SourceKind::Function));
        let is_elsewhere = is_function || is_addition && (scope.members.contains(name) || entry.is_some());
        let suffix = if is_function { "()." } else { "." };
        let symbol = format!("{prefix}{}{suffix}", identifier(name));
        if is_elsewhere {
            let roles = roles & !DEFINITION;
            return self.refer(range, &[Target::Global(symbol.into())], roles, ReferenceKind::Attribute, NOT_IN_SOURCE);
        }
        self.note_defined(&symbol, described);
        self.add(range, Target::Global(symbol.into()), roles, statement);
        self.mark_binding();
    }

    /// References to attributes, as far as modules lead to them.
    fn attributes(&mut self, scope: usize, base: Option<&Read>, parts: Vec<(Name, TextRange, u32)>) {
        let mut module = base.and_then(|base| self.read(scope, base).module);
        for (name, range, roles) in parts {
            let meaning = module.map(|module| self.attribute(module, &name));
            let reason = if module.is_some() { NO_SUCH_ATTRIBUTE } else { NO_TYPES };
            let targets = meaning.as_ref().map(|meaning| Rc::clone(&meaning.targets)).unwrap_or_default();
            self.refer(range, &targets, roles, ReferenceKind::Attribute, reason);
            module = meaning.and_then(|meaning| meaning.module);
        }
    }

    /// What an attribute of a module is.
    fn attribute(&mut self, module: ProgramFile<'db>, name: &Name) -> Meaning<'db> {
        if let Some(known) = self.attributes.get(&(module, name.clone())) {
            return known.clone();
        }
        let mut search = Search::new(self.db);
        search.name(module, name, By::Name);
        if search.found.is_empty()
            && let Some(package) = self.name_of(module)
            && self.imported.contains(format!("{package}.{name}").as_str())
        {
            search.found.extend(submodule(self.db, self.file, &package, name).map(Found::Module));
        }
        let mut meaning = self.meaning_of(&search.found);
        if meaning.targets.is_empty() {
            meaning.targets = self.declared_in(module, name).into_iter().collect();
        }
        self.attributes.insert((module, name.clone()), meaning.clone());
        meaning
    }

    fn name_of(&self, module: ProgramFile<'db>) -> Option<ModuleName> {
        let module = file_to_module(self.db, module.resolver_file(self.db))?;
        Some(module.name(self.db).clone())
    }

    /// The symbol of a class that is named as a base.
    fn base(&mut self, (read, scope, attributes): &Chain) -> Option<Box<str>> {
        let mut meaning = self.read(*scope, read);
        for name in attributes {
            meaning = self.attribute(meaning.module?, name);
        }
        match &*meaning.targets {
            [Target::Global(symbol)] if symbol.ends_with('#') && !is_no_base(symbol) => Some(symbol.clone()),
            _ => None,
        }
    }

    /// What a name means where it is read.
    fn read(&mut self, scope: usize, read: &Read) -> Meaning<'db> {
        let here = &self.walked.scopes[scope];
        let is_bound_later = read.is_unbound && here.names.get(&read.name).is_some_and(Entry::is_local);
        let mut start = scope;
        if is_bound_later {
            start = here.parent.unwrap_or_default();
            while self.walked.scopes[start].kind == ScopeKind::TypeParameters {
                start = self.walked.scopes[start].parent.unwrap_or_default();
            }
        }
        let meaning = self.meaning(start, &read.name);
        if meaning.targets.is_empty() && read.name == "__class__" {
            let class = self.class_of_method(scope).map(|class| Target::Global(class.into()));
            return Meaning { targets: class.into_iter().collect(), module: None };
        }
        meaning
    }

    /// The symbol of the class whose method a scope is in.
    fn class_of_method(&self, scope: usize) -> Option<String> {
        let scopes = &self.walked.scopes;
        let around = |scope: usize| scopes[scope].parent;
        let method = std::iter::successors(Some(scope), |scope| around(*scope))
            .find(|scope| scopes[*scope].kind == ScopeKind::Function)?;
        let class = std::iter::successors(around(method), |scope| around(*scope))
            .find(|scope| scopes[*scope].kind != ScopeKind::TypeParameters)?;
        (scopes[class].kind == ScopeKind::Class).then(|| scopes[class].prefix.as_deref().map(str::to_owned))?
    }

    /// What a name means in a scope.
    fn meaning(&mut self, start: usize, name: &Name) -> Meaning<'db> {
        // Scopes between the first one and the one that knows the name, which all say the same.
        let mut passed = Vec::new();
        let mut next = Some(start);
        let mut is_first = true;
        let meaning = loop {
            let Some(scope) = next else { break self.builtin(name) };
            let key = (scope, name.clone());
            if (is_first || self.walked.scopes[scope].kind != ScopeKind::Class)
                && let Some(known) = self.meanings.get(&key)
            {
                break known.clone();
            }
            passed.push(key);
            if let Some(meaning) = self.in_scope(scope, name) {
                break meaning;
            }
            let here = &self.walked.scopes[scope];
            let is_global = here.names.get(name).is_some_and(|entry| entry.is_global);
            // What is annotated in a class sees the names of the class.
            let class = here.parent.filter(|class| self.walked.scopes[*class].kind == ScopeKind::Class);
            let class = class.filter(|_| is_first && here.kind.is_annotation());
            next = if is_global { None } else { here.outer };
            if let Some(meaning) = class.and_then(|class| self.in_scope(class, name)) {
                break meaning;
            }
            is_first = false;
        };
        // What starts in an annotation may see more than what passes through it.
        for key in passed {
            if !self.walked.scopes[key.0].kind.is_annotation() {
                self.meanings.insert(key, meaning.clone());
            }
        }
        meaning
    }

    /// What a name means by what a scope itself says of it.
    fn in_scope(&mut self, scope: usize, name: &Name) -> Option<Meaning<'db>> {
        let here = &self.walked.scopes[scope];
        let entry = here.names.get(name);
        let mut found: Vec<(usize, Source)> = Vec::new();
        let of = |scope: usize| move |source: &Source| (scope, source.clone());
        let sources = |scope: usize| {
            self.walked.scopes[scope].names.get(name).map(|entry| entry.sources.as_slice()).unwrap_or_default()
        };
        found.extend(sources(scope).iter().map(of(scope)));
        let mut stars = scope;
        if entry.is_some_and(|entry| entry.is_global) {
            if scope != 0 {
                found.extend(sources(0).iter().map(of(0)));
            }
            stars = 0;
        } else if entry.is_some_and(|entry| entry.is_nonlocal) {
            // It is looked for further out.
            return None;
        }
        let mut search = Search::new(self.db);
        for star in self.walked.scopes[stars].stars.clone() {
            search.star(self.file, &star, name);
        }
        let mut meaning = self.meaning_of(&search.found);
        if found.is_empty() {
            return (!meaning.targets.is_empty()).then_some(meaning);
        }
        let mut targets = meaning.targets.to_vec();
        let mut modules: Vec<ProgramFile<'db>> = meaning.module.into_iter().collect();
        for (scope, source) in found {
            if source.kind.is_import() {
                let found = self.import(name, &source.kind);
                let meaning = self.meaning_of(&found);
                modules.extend(meaning.module);
                if meaning.targets.is_empty() {
                    targets.push(Target::Local(scope_id(scope), name.as_str().into()));
                } else {
                    targets.extend(meaning.targets.iter().cloned());
                }
            } else {
                targets.extend(self.own_target(scope, name, &source.kind));
            }
        }
        modules.dedup();
        meaning.module = match modules[..] {
            [module] => Some(module),
            _ => None,
        };
        meaning.targets = in_order(targets).into();
        Some(meaning)
    }

    /// What an import of this file binds its name to.
    fn import(&self, bound: &Name, kind: &SourceKind) -> Vec<Found<'db>> {
        if let SourceKind::Module { name, is_renamed: false } = kind
            && name.contains('.')
            && let Some(first) = module_named(self.db, self.file, bound)
            && let Some(file) = file_of(self.db, self.file, first)
        {
            // `import a.b` binds `a`.
            return vec![Found::Module(file)];
        }
        let mut search = Search::new(self.db);
        search.import(self.file, bound, kind);
        search.found
    }

    /// What a name means that no scope knows.
    fn builtin(&mut self, name: &Name) -> Meaning<'db> {
        let mut search = Search::new(self.db);
        if let Some(builtins) = self.builtins {
            search.name(builtins, name, By::Star);
            if search.found.is_empty() && name.starts_with("__") {
                search.name(builtins, name, By::Name);
            }
        }
        let mut meaning = self.meaning_of(&search.found);
        if meaning.targets.is_empty() && self.walked.declared.contains(name) {
            meaning.targets = self.home(0, name).into_iter().collect();
        }
        if meaning.targets.is_empty() && OF_MODULES.contains(&name.as_str()) {
            meaning.targets = self.module_targets(Some(self.file)).into();
        }
        meaning
    }

    fn meaning_of(&mut self, found: &[Found<'db>]) -> Meaning<'db> {
        let targets = self.targets(found);
        let mut modules = found.iter().filter_map(|found| match found {
            Found::Module(file) => Some(*file),
            Found::Definition(..) => None,
        });
        let first = modules.next();
        let module = first.filter(|first| modules.all(|other| other == *first));
        Meaning { targets: targets.into(), module }
    }

    /// What is to be written for what was found.
    fn targets(&mut self, found: &[Found<'db>]) -> Vec<Target> {
        let mut targets = Vec::new();
        for found in found {
            match found {
                Found::Module(file) => targets.extend(self.module_targets(Some(*file))),
                Found::Definition(file, name, source) if *file == self.file => {
                    targets.extend(self.own_target(0, name, &source.kind));
                }
                Found::Definition(file, name, source) => {
                    let Some(prefix) = self.db.modules().prefix(file.file(self.db).path(self.db)) else { continue };
                    let suffix = suffix(&source.kind);
                    let symbol: Box<str> = format!("{prefix}{}{suffix}", identifier(name)).into();
                    self.note_external(&symbol, |db, symbol| describe_found(db, *file, name, source.node, symbol));
                    targets.push(Target::Global(symbol));
                }
            }
        }
        in_order(targets)
    }

    fn module_targets(&mut self, file: Option<ProgramFile<'db>>) -> Vec<Target> {
        let Some(file) = file else { return Vec::new() };
        let Some(symbol) = module_symbol(self.db, file) else { return Vec::new() };
        self.note_external(&symbol, |db, symbol| describe_module(db, file, symbol));
        vec![Target::Global(symbol.into())]
    }

    fn note_external(&mut self, symbol: &str, describe: impl FnOnce(&'db dyn Db, &str) -> Symbol) {
        if !self.db.modules().is_own(symbol) && !self.part.external.contains_key(symbol) {
            self.part.external.insert(symbol.into(), Arc::new(describe(self.db, symbol)));
        }
    }

    /// A variable of a module that a function binds by `global`.
    fn declared_in(&mut self, file: ProgramFile<'db>, name: &Name) -> Option<Target> {
        if !module_names(self.db, file).declares(name) {
            return None;
        }
        let prefix = self.db.modules().prefix(file.file(self.db).path(self.db))?;
        Some(Target::Global(format!("{prefix}{}.", identifier(name)).into()))
    }

    fn prefix(&self, scope: usize) -> Option<&str> {
        self.walked.scopes[scope].prefix.as_deref()
    }

    /// What a definition in a scope of this file is called.
    fn own_target(&self, scope: usize, name: &Name, kind: &SourceKind) -> Option<Target> {
        let symbol = match kind {
            SourceKind::Function => self.symbol_at_owner(scope, name, "()."),
            SourceKind::Class => self.symbol_at_owner(scope, name, "#"),
            SourceKind::TypeParameter => self.type_parameter(scope, name),
            SourceKind::Parameter if self.walked.scopes[scope].kind == ScopeKind::Lambda => {
                return Some(Target::Local(scope_id(scope), name.as_str().into()));
            }
            _ => return self.home(scope, name),
        };
        symbol.map(|symbol| Target::Global(symbol.into()))
    }

    fn symbol_at_owner(&self, scope: usize, name: &Name, suffix: &str) -> Option<String> {
        Some(format!("{}{}{suffix}", self.prefix(self.owner(scope, name))?, identifier(name)))
    }

    fn type_parameter(&self, scope: usize, name: &Name) -> Option<String> {
        Some(format!("{}{}[{}]", self.prefix(scope)?, self.walked.scopes[scope].owner, identifier(name)))
    }

    /// The scope that a name belongs to which is bound in a scope.
    fn owner(&self, scope: usize, name: &Name) -> usize {
        let scopes = &self.walked.scopes;
        match scopes[scope].names.get(name) {
            Some(entry) if entry.is_global => 0,
            Some(entry) if entry.is_nonlocal => {
                let mut around = std::iter::successors(scopes[scope].outer, |scope| scopes[*scope].outer);
                let is_owner = |scope: &usize| scopes[*scope].names.get(name).is_some_and(Entry::is_local);
                around.find(is_owner).unwrap_or(scope)
            }
            _ => scope,
        }
    }

    /// What a variable of a scope is called.
    fn home(&self, scope: usize, name: &Name) -> Option<Target> {
        let owner = self.owner(scope, name);
        let here = &self.walked.scopes[owner];
        let suffix = match here.kind {
            ScopeKind::Module | ScopeKind::Class => format!("{}.", identifier(name)),
            ScopeKind::Function if here.names.get(name).is_some_and(|entry| entry.is_parameter) => {
                format!("({})", identifier(name))
            }
            _ => return Some(Target::Local(scope_id(owner), name.as_str().into())),
        };
        Some(Target::Global(format!("{}{suffix}", here.prefix.as_deref()?).into()))
    }
}

/// What the symbols of a module's definitions end with.
fn suffix(kind: &SourceKind) -> &'static str {
    match kind {
        SourceKind::Function => "().",
        SourceKind::Class => "#",
        _ => ".",
    }
}

/// Classes in the place of a base that are none.
fn is_no_base(symbol: &str) -> bool {
    symbol.ends_with(" typing/Generic#") || symbol.ends_with(" typing/Protocol#")
}

/// Each target once, in an order that depends on nothing else.
fn in_order(mut targets: Vec<Target>) -> Vec<Target> {
    targets.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    targets.dedup();
    targets.truncate(MOST_TARGETS);
    targets
}
