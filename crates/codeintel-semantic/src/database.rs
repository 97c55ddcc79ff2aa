//! ty's database, made of its published crates: where files come from, which program they belong to, and nothing more.

use std::panic::RefUnwindSafe;
use std::sync::Arc;

use ruff_db::Db as SourceDb;
use ruff_db::diagnostic::Diagnostic;
use ruff_db::files::{File, FileRootKind, Files};
use ruff_db::system::{System, SystemPath, SystemPathBuf};
use ruff_db::vendored::VendoredFileSystem;
use ruff_python_ast::PythonVersion;
use ty_module_resolver::{Db as ModuleResolverDb, SearchPathSettings, UseDefaultStrategy};
use ty_python_core::platform::PythonPlatform;
use ty_python_core::program::{Program, ProgramSettings};
use ty_python_core::{Db as CoreDb, ProgramFile};
use ty_python_semantic::lint::{LintRegistry, RuleSelection};
use ty_python_semantic::{
    AnalysisSettings, Db as SemanticDb, PythonVersionSource, PythonVersionWithSource, default_lint_registry,
};

use crate::effort::Effort;
use crate::modules::ModuleSymbols;
use crate::sources::Sources;

/// Where imports are looked for.
#[derive(Debug, Clone)]
pub(crate) struct SearchPaths {
    pub(crate) root: SystemPathBuf,
    /// Folders of the repository that imports start from, in the order in which they are searched.
    pub(crate) import_roots: Vec<SystemPathBuf>,
    pub(crate) site_packages: Vec<SystemPathBuf>,
    pub(crate) python_version: PythonVersion,
}

#[salsa::input]
pub(crate) struct Project {
    #[returns(ref)]
    settings: ProgramSettings,
}

/// To intern a program all its search paths are hashed, so that it is done once.
#[salsa::tracked(returns(copy))]
fn program_of(db: &dyn CoreDb, project: Project) -> Program<'_> {
    Program::from_settings(db, project.settings(db))
}

/// What our own queries ask of the database.
#[salsa::db]
pub(crate) trait Db: SemanticDb {
    /// How modules are called in symbols.
    fn modules(&self) -> &ModuleSymbols;
}

#[salsa::db]
#[derive(Clone)]
pub(crate) struct Database {
    project: Option<Project>,
    files: Files,
    sources: Arc<Sources>,
    modules: Arc<ModuleSymbols>,
    rules: Arc<RuleSelection>,
    analysis: Arc<AnalysisSettings>,
    // Dropped last.
    storage: salsa::Storage<Self>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    pub(crate) fn new(
        paths: &SearchPaths,
        sources: Arc<Sources>,
        modules: Arc<ModuleSymbols>,
        effort: Arc<Effort>,
    ) -> Self {
        let mut db = Self {
            project: None,
            files: Files::default(),
            sources,
            modules,
            rules: Arc::new(RuleSelection::from_registry(default_lint_registry())),
            analysis: Arc::new(AnalysisSettings::default()),
            storage: salsa::Storage::new(Some(Box::new(move |event| effort.note(&event)))),
        };
        // Before the search paths are registered, which takes what is not in a project for unchanging.
        for root in std::iter::once(&paths.root).chain(&paths.import_roots) {
            db.files().try_add_root(&db, root, FileRootKind::Project);
        }
        let settings = SearchPathSettings {
            src_roots: paths.import_roots.clone(),
            site_packages_paths: paths.site_packages.clone(),
            ..SearchPathSettings::empty()
        };
        let Ok(search_paths) = settings.to_search_paths(db.system(), db.vendored(), &UseDefaultStrategy);
        search_paths.try_register_static_roots(&db);
        let settings = ProgramSettings {
            python_version: PythonVersionWithSource {
                version: paths.python_version,
                source: PythonVersionSource::default(),
            },
            python_platform: PythonPlatform::default(),
            search_paths,
        };
        db.project = Some(Project::new(&db, settings));
        db
    }

    /// Put other names of modules in the place of those that are there; those of known files must be the same.
    pub(crate) fn set_modules(&mut self, modules: Arc<ModuleSymbols>) {
        self.modules = modules;
    }

    fn project(&self) -> Project {
        self.project.expect("it is made with the database")
    }

    /// A file of the repository or of an installed package; none if it is not there.
    pub(crate) fn file(&self, path: &SystemPath) -> Option<ProgramFile<'_>> {
        let file = ruff_db::files::system_path_to_file(self, path).ok()?;
        Some(self.program_file(file))
    }
}

#[salsa::db]
impl SourceDb for Database {
    fn vendored(&self) -> &VendoredFileSystem {
        ty_vendored::file_system()
    }

    fn system(&self) -> &dyn System {
        &*self.sources
    }

    fn files(&self) -> &Files {
        &self.files
    }
}

#[salsa::db]
impl ModuleResolverDb for Database {}

#[salsa::db]
impl CoreDb for Database {
    /// Nobody reads diagnostics, so that none are made.
    fn should_check_file(&self, _: File) -> bool {
        false
    }
}

#[salsa::db]
impl SemanticDb for Database {
    fn check_file(&self, file: File) -> Vec<Diagnostic> {
        ty_python_semantic::check_file_unwrap(self, self.program_file(file))
    }

    fn program_file(&self, file: File) -> ProgramFile<'_> {
        program_of(self, self.project()).program_file(self, file)
    }

    fn python_version_with_source(&self, _: File) -> &PythonVersionWithSource {
        &self.project().settings(self).python_version
    }

    fn rule_selection(&self, _: File) -> &RuleSelection {
        &self.rules
    }

    fn lint_registry(&self) -> &LintRegistry {
        default_lint_registry()
    }

    fn analysis_settings(&self, _: File) -> &AnalysisSettings {
        &self.analysis
    }

    fn verbose(&self) -> bool {
        false
    }

    fn is_open_file(&self, _: File) -> bool {
        false
    }

    fn dyn_clone(&self) -> Box<dyn SemanticDb> {
        Box::new(self.clone())
    }
}

#[salsa::db]
impl Db for Database {
    fn modules(&self) -> &ModuleSymbols {
        &self.modules
    }
}

#[salsa::db]
impl salsa::Database for Database {}

impl RefUnwindSafe for Database {}
