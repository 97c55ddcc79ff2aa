//! Import statements: the modules and names that they refer to, and those that they bind.

use codeintel_scip::ReferenceKind;
use ruff_python_ast::{Alias, Identifier, StmtImport, StmtImportFrom};
use ty_python_semantic::{ImportAliasResolution, definitions_for_imported_symbol};

use super::{Collector, DEFINITION, IMPORT, NO_SUCH_MODULE, NO_SUCH_NAME, NOT_IN_SOURCE};
use crate::symbols::{Target, declared_global};

impl Collector<'_> {
    pub(super) fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let module = self.model.resolve_module(Some(alias.name.as_str()), 0);
            let targets = self.imported_module(module.as_ref().and_then(|module| module.file(self.db)));
            let reason = if module.is_some() { NOT_IN_SOURCE } else { NO_SUCH_MODULE };
            self.refer_to_imported(alias, targets, reason);
            let bound = alias
                .asname
                .as_ref()
                .map_or_else(|| alias.name.split('.').next().unwrap_or_default().to_owned(), ToString::to_string);
            self.bind_import(alias, &bound);
        }
    }

    /// What is imported is referred to by its name and by the one that it gets.
    pub(super) fn refer_to_imported(&mut self, alias: &Alias, targets: Vec<Target>, reason: &'static str) {
        if let Some(asname) = &alias.asname {
            for target in &targets {
                self.add(asname.range, target.clone(), IMPORT);
            }
        }
        self.refer(alias.name.range, targets, IMPORT, ReferenceKind::Import, reason);
    }

    pub(super) fn imported_module(&mut self, file: Option<ruff_db::files::File>) -> Vec<Target> {
        let file = file.map(|file| self.program_file(file));
        file.and_then(|file| self.module_target(file)).into_iter().collect()
    }

    pub(super) fn import_from(&mut self, import: &StmtImportFrom) {
        let name = import.module.as_ref();
        let module = self.model.resolve_module(name.map(Identifier::as_str), import.level);
        if let Some(name) = name {
            for target in self.imported_module(module.as_ref().and_then(|module| module.file(self.db))) {
                self.add(name.range, target, IMPORT);
            }
        }
        let reason = if module.is_some() { NO_SUCH_NAME } else { NO_SUCH_MODULE };
        for alias in &import.names {
            if alias.name.as_str() == "*" {
                let targets = self.imported_module(module.as_ref().and_then(|module| module.file(self.db)));
                self.refer(alias.name.range, targets, IMPORT, ReferenceKind::Import, reason);
                continue;
            }
            let aliases = ImportAliasResolution::ResolveAliases;
            let found = definitions_for_imported_symbol(&self.model, import, &alias.name, aliases);
            let reason = if found.is_empty() { reason } else { NOT_IN_SOURCE };
            let mut targets = self.targets(found);
            if targets.is_empty()
                && let Some(file) = module.as_ref().and_then(|module| module.file(self.db))
            {
                targets.extend(declared_global(self.db, self.program_file(file), &alias.name));
            }
            self.refer_to_imported(alias, targets, reason);
            let bound = alias.asname.as_ref().unwrap_or(&alias.name).to_string();
            self.bind_import(alias, &bound);
        }
    }

    /// The name that an import binds is one of its scope only; what it stands for is referred to by all who use it.
    pub(super) fn bind_import(&mut self, alias: &Alias, name: &str) {
        let range = alias.asname.as_ref().unwrap_or(&alias.name).range;
        let target = Target::Local(self.scope(), name.into());
        self.add(range, target, DEFINITION | IMPORT);
    }
}
