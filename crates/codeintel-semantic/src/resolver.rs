//! A repository, ready to be asked for documents.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_scip::PlacedDocument;
use ruff_db::files::File;
use ruff_db::source::source_text;
use ruff_db::system::SystemPathBuf;
use ruff_python_ast::PythonVersion;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use ty_python_core::ProgramFile;

use crate::collect::{self, Memo};
use crate::database::{Database, SearchPaths};
use crate::effort::{Effort, Exhausted};
use crate::hidden::hidden;
use crate::modules::{InstalledModules, ModuleSymbols, ProjectFile};
use crate::names;
use crate::sources::{ReadSource, Sources};

/// What is resolved is forgotten behind so many occurrences, which take about 1 GB.
const MOST_OCCURRENCES: usize = 700_000;

/// So many documents are kept at most for the time when their files are edited again.
const MOST_KEPT: usize = 64;

/// Steps of work that a document may cost, counted from nothing resolved. The dearest of Django's 883 files takes 330,000, the next one 231,000.
pub const MOST_STEPS: u64 = 1_000_000;

/// Where something is known, a document may take fewer steps than where nothing is; of one that takes less than this share of what it may,
/// it is clear that it may be made. What files have in common takes Django's some 40,000 steps.
const SURE_SHARE: u64 = 3;

/// How much is asked of ty for a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Types are inferred, so that attributes and keyword arguments are resolved, too.
    Types,
    /// Names, imports and definitions are resolved through their scopes.
    Names,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It would cost too much.
    #[error("inferring its types takes more than {limit} steps")]
    Exhausted {
        /// The steps that it may take.
        limit: u64,
    },
    /// ty panicked.
    #[error("type inference failed: {0}")]
    Failed(String),
    /// Its shape is one that ty takes very long for.
    #[error("{what}")]
    TooLarge {
        /// What is too large, with the limit.
        what: String,
    },
    /// The file is not one of the repository, or is no text.
    #[error("the file does not exist or is not text")]
    Missing,
}

/// Where a repository is and what its imports may find.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolverOptions {
    /// The repository's folder.
    pub root: PathBuf,
    /// Folders of the repository that imports start from, `""` for its own.
    pub import_roots: Vec<String>,
    /// The folders that packages are installed in.
    pub site_packages: Vec<PathBuf>,
    /// The packages in them.
    pub packages: Vec<InstalledModules>,
    /// Major and minor version of Python.
    pub python_version: (u8, u8),
    /// The project's name and version in symbols.
    pub project: (String, String),
    /// Steps of work that a document may cost.
    pub most_steps: u64,
}

/// Resolves the names of a repository's files. What it has learnt of one file helps with the next, and what it says of a file does
/// not depend on which it was asked for before.
pub struct Resolver {
    options: ResolverOptions,
    paths: SearchPaths,
    sources: Arc<Sources>,
    modules: Arc<ModuleSymbols>,
    db: Database,
    effort: Arc<Effort>,
    /// What the last document cost.
    steps: u64,
    /// Whether nothing is known yet.
    is_cold: bool,
    /// Whether files have changed since.
    is_edited: bool,
    /// Occurrences of the documents that were made with this database.
    occurrences: usize,
    /// Documents of files that may be edited again.
    kept: FxHashMap<RepoPath, Memo>,
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Resolver {
    /// A resolver for these files, whose texts are read when they are needed.
    pub fn new(options: ResolverOptions, files: &[ProjectFile], reader: Arc<dyn ReadSource>) -> Self {
        let path = |path: &PathBuf| SystemPathBuf::from(path.to_string_lossy().into_owned());
        let root = path(&options.root);
        let site_packages: Vec<SystemPathBuf> = options.site_packages.iter().map(path).collect();
        let (major, minor) = options.python_version;
        let paths = SearchPaths {
            import_roots: search_order(&options.import_roots).into_iter().map(|folder| root.join(folder)).collect(),
            site_packages: site_packages.clone(),
            python_version: PythonVersion { major, minor },
            root: root.clone(),
        };
        let project = (options.project.0.as_str(), options.project.1.as_str());
        let version = format!("{major}.{minor}");
        let modules = ModuleSymbols::new(&root, project, &version, &site_packages, &options.packages);
        let modules = Arc::new(modules.with_files(&placed(files, &options.import_roots)));
        let sources = Arc::new(Sources::new(root, site_packages, search_order(&options.import_roots), reader));
        sources.set_files(revisions(files, &options.import_roots).iter().map(|(path, hash)| (path.as_str(), *hash)));
        let effort = Arc::<Effort>::default();
        let db = Database::new(&paths, Arc::clone(&sources), Arc::clone(&modules), Arc::clone(&effort));
        let kept = FxHashMap::default();
        Self {
            options,
            paths,
            sources,
            modules,
            db,
            effort,
            steps: 0,
            is_cold: true,
            is_edited: false,
            occurrences: 0,
            kept,
        }
    }

    /// Whether it was made with these options.
    pub fn has_options(&self, options: &ResolverOptions) -> bool {
        self.options == *options
    }

    /// The files are these now.
    pub fn set_files(&mut self, files: &[ProjectFile]) {
        let placed = placed(files, &self.options.import_roots);
        let files = revisions(files, &self.options.import_roots);
        let changed = self.sources.set_files(files.iter().map(|(path, hash)| (path.as_str(), *hash)));
        if !self.modules.has_files(&placed) {
            let modules = Arc::new(self.modules.with_files(&placed));
            // What a module is called is no input of ty's, so that nothing would be made anew.
            let must_forget = modules.contradicts(&self.modules);
            self.modules = Arc::clone(&modules);
            if must_forget {
                self.forget();
                return;
            }
            self.db.set_modules(modules);
        }
        if self.sources.was_late() {
            self.forget();
            return;
        }
        self.is_edited |= !changed.is_empty();
        for path in changed {
            File::sync_path_only(&mut self.db, &path);
        }
    }

    /// The document of a file, or why there is none.
    ///
    /// `lookup_hash` is a hash of all that may be looked up for it, in itself and elsewhere, but for what is hidden from others: functions of the same text refer to
    /// the same as long as it is the same. With it, the document is kept to make the next one of the file from it.
    pub fn document(
        &mut self,
        path: &RepoPath,
        lookup_hash: Option<ContentHash>,
        level: Level,
    ) -> Result<PlacedDocument, DocumentError> {
        if self.occurrences > MOST_OCCURRENCES {
            self.forget();
        }
        let (was_cold, was_edited) = (std::mem::take(&mut self.is_cold), self.is_edited);
        let made = self.try_document(path, lookup_hash, level);
        // Whether there is a document must not depend on what was known. To learn whether that still holds takes steps, too.
        let is_clear = was_cold
            || match made {
                Err(DocumentError::Exhausted { .. }) => !was_edited,
                _ => self.steps < self.options.most_steps / SURE_SHARE,
            };
        // If it was late, ty has seen what it must not see.
        if !self.sources.was_late() && is_clear {
            return made;
        }
        self.forget();
        self.is_cold = false;
        self.try_document(path, lookup_hash, level)
    }

    fn try_document(
        &mut self,
        path: &RepoPath,
        lookup_hash: Option<ContentHash>,
        level: Level,
    ) -> Result<PlacedDocument, DocumentError> {
        let before = AssertUnwindSafe(self.kept.remove(path));
        let sources = AssertUnwindSafe(&*self.sources);
        let file = self.paths.root.join(hidden(path.as_str(), &self.options.import_roots));
        let db = AssertUnwindSafe(&self.db);
        self.effort.begin(self.options.most_steps);
        let made = ruff_db::panic::catch_unwind(|| {
            let (db, AssertUnwindSafe(before)) = (*db, before);
            let document = |program_file: ProgramFile<'_>| {
                // ty reads it now at the latest.
                source_text(db, program_file.file(db)).as_str();
                let what = sources.outsize(&file);
                match (level, what, lookup_hash) {
                    (Level::Types, Some(what), _) => Err(DocumentError::TooLarge { what: what.to_string() }),
                    (Level::Types, None, Some(lookup_hash)) => {
                        let (document, kept) = collect::reuse(db, program_file, lookup_hash, before);
                        Ok((document, Some(kept)))
                    }
                    (Level::Types, None, None) => Ok((collect::document(db, program_file), None)),
                    (Level::Names, None, _) => Ok((names::document(db, program_file), None)),
                    (Level::Names, Some(_), _) => {
                        let text = sources.text(&file).ok_or(DocumentError::Missing)?;
                        Ok((names::document_of_text(db, program_file, &text), None))
                    }
                }
            };
            salsa::attach(db, || db.file(&file).map_or(Err(DocumentError::Missing), document))
        });
        self.steps = self.effort.end();
        match made {
            Ok(Ok((document, kept))) => {
                if self.kept.len() == MOST_KEPT {
                    self.kept.clear();
                }
                self.kept.extend(kept.map(|kept| (path.clone(), kept)));
                self.occurrences += document.occurrences.len();
                Ok(document)
            }
            Ok(Err(error)) => Err(error),
            Err(panic) => {
                // Others that need what failed would fail, too, without having caused it.
                self.forget();
                if panic.payload.downcast_ref::<Exhausted>().is_some() {
                    return Err(DocumentError::Exhausted { limit: self.options.most_steps });
                }
                let message = panic.payload.to_string();
                Err(DocumentError::Failed(message.lines().next().unwrap_or_default().to_owned()))
            }
        }
    }

    /// The steps that the last document took.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Forget everything that was resolved.
    fn forget(&mut self) {
        let (sources, modules, effort) = (&self.sources, &self.modules, &self.effort);
        self.db = Database::new(&self.paths, Arc::clone(sources), Arc::clone(modules), Arc::clone(effort));
        self.occurrences = 0;
        self.is_cold = true;
        self.is_edited = false;
    }
}

/// The order in which imports look into folders: the deepest first, since the modules of an outer one might be meant by their
/// paths, but those of an inner one cannot.
fn search_order(roots: &[String]) -> Vec<String> {
    let mut roots: Vec<String> = roots.to_vec();
    roots.push(String::new());
    roots
        .sort_by_key(|root| (std::cmp::Reverse(root.split('/').filter(|part| !part.is_empty()).count()), root.clone()));
    roots.dedup();
    roots
}

fn placed(files: &[ProjectFile], import_roots: &[String]) -> Vec<ProjectFile> {
    let place = |file: &ProjectFile| {
        let path = hidden(file.path.as_str(), import_roots);
        let path = RepoPath::new(path.as_ref()).unwrap_or_else(|_| file.path.clone());
        ProjectFile { path, ..file.clone() }
    };
    files.iter().map(place).collect()
}

/// Paths with what tells contents apart.
fn revisions(files: &[ProjectFile], import_roots: &[String]) -> Vec<(String, u128)> {
    let revision = |file: &ProjectFile| (hidden(file.path.as_str(), import_roots), file.hash.number());
    files.iter().map(revision).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Sources of which one cannot be worked with.
    struct Faulty;

    impl ReadSource for Faulty {
        fn read(&self, path: &str) -> Option<String> {
            assert_ne!(path, "bad.py", "a fault");
            Some("import bad\ndef f(): pass\nf()\n".to_owned())
        }
    }

    /// The one source of a repository.
    #[derive(Default)]
    struct One(Mutex<String>);

    impl ReadSource for One {
        fn read(&self, _: &str) -> Option<String> {
            Some(self.0.lock().unwrap().clone())
        }
    }

    /// Sources by their paths.
    #[derive(Default)]
    struct Several(Mutex<FxHashMap<String, String>>);

    impl ReadSource for Several {
        fn read(&self, path: &str) -> Option<String> {
            self.0.lock().unwrap().get(path).cloned()
        }
    }

    fn resolver(files: &[ProjectFile], source: Arc<dyn ReadSource>) -> Resolver {
        let options = ResolverOptions {
            root: PathBuf::from("/r"),
            import_roots: vec![String::new()],
            site_packages: Vec::new(),
            packages: Vec::new(),
            python_version: (3, 13),
            project: ("r".to_owned(), "0".to_owned()),
            most_steps: MOST_STEPS,
        };
        Resolver::new(options, files, source)
    }

    fn file(path: &str, text: &str) -> ProjectFile {
        ProjectFile {
            path: RepoPath::new(path.as_ref()).unwrap(),
            hash: ContentHash::of(text.as_bytes()),
            module: path.trim_end_matches(".py").to_owned(),
        }
    }

    #[test]
    fn functions_of_the_same_text_are_not_looked_at_again() {
        const TEXT: &str = "class C:\n  @d\n  def f(self): pass\n  x = 1\n  def g(self): pass\ndef h(): pass\n";
        let source = Arc::new(One::default());
        let mut resolver = resolver(&[], Arc::clone(&source) as Arc<dyn ReadSource>);
        let mut kept = |text: &str, lookup_hash: &str| {
            text.clone_into(&mut source.0.lock().unwrap());
            let file = file("m.py", text);
            resolver.set_files(std::slice::from_ref(&file));
            resolver.document(&file.path, Some(ContentHash::of(lookup_hash.as_bytes())), Level::Types).unwrap();
            resolver.kept.remove(&file.path).unwrap()
        };
        let mut changed = |text: &str, lookup_hash: &str| kept(TEXT, "").changed_functions(&kept(text, lookup_hash));
        assert_eq!(changed(TEXT, ""), Some(vec![false; 3]));
        assert_eq!(changed(TEXT, "something else can be seen"), None);
        let edit = |from: &str, to: &str| TEXT.replace(from, to);
        assert_eq!(changed(&edit("g(self): pass", "g(self): return self"), ""), Some(vec![false, true, false]));
        assert_eq!(changed(&edit("@d", "@e"), ""), Some(vec![true, false, false]), "decorators are a part of it");
        assert_eq!(changed(&edit("x = 1", "x = 2"), ""), None, "something between functions differs");
        assert_eq!(changed(&format!("{TEXT}def i(): pass\n"), ""), None, "there is one more");
    }

    #[test]
    fn a_verdict_does_not_depend_on_what_was_known() {
        const USER: &str = "from b import f, C\nx = f(C().m())\ny = C().m().m()\nz = [f(y), x]\n";
        let source = Arc::new(Several::default());
        let files_of = |result: &str| {
            let used = format!("class C:\n  def m(self): return f(self)\ndef f(x) -> {result}: return x\n");
            let texts = [("a.py", USER), ("b.py", &used)];
            let named = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
            *source.0.lock().unwrap() = named.into_iter().collect();
            texts.map(|(path, text)| file(path, text))
        };
        let resolver = |files: &[ProjectFile]| resolver(files, Arc::clone(&source) as Arc<dyn ReadSource>);
        let mut fresh = resolver(&files_of("int"));
        let a = RepoPath::new("a.py".as_ref()).unwrap();
        fresh.document(&a, None, Level::Types).unwrap();
        let enough = fresh.steps();
        for (limit, is_made) in [(enough, true), (enough - 1, false)] {
            let mut kept = resolver(&files_of("str"));
            kept.document(&RepoPath::new("b.py".as_ref()).unwrap(), None, Level::Types).unwrap();
            kept.set_files(&files_of("int"));
            kept.options.most_steps = limit;
            assert_eq!(kept.document(&a, None, Level::Types).is_ok(), is_made, "{limit} of {enough} steps");
        }
    }

    #[test]
    fn a_panic_costs_the_file_that_caused_it() {
        let files = ["bad.py", "good.py"].map(|path| file(path, path));
        let mut resolver = resolver(&files, Arc::new(Faulty));
        let failed = resolver.document(&files[0].path, None, Level::Types).unwrap_err();
        assert!(matches!(&failed, DocumentError::Failed(message) if message.contains("a fault")), "{failed}");
        let good = resolver.document(&files[1].path, None, Level::Types).unwrap();
        let symbols: Vec<&str> = good.occurrences.iter().map(|(occurrence, _)| &*occurrence.symbol).collect();
        assert_eq!(symbols.iter().filter(|symbol| symbol.ends_with(" good/f().")).count(), 2, "{symbols:?}");
    }

    #[test]
    fn inner_folders_come_before_outer_ones() {
        let order = |roots: &[&str]| search_order(&roots.iter().map(|root| (*root).to_owned()).collect::<Vec<_>>());
        assert_eq!(order(&["", "src", "a/b/src", "lib"]), ["a/b/src", "lib", "src", ""]);
        assert_eq!(order(&[]), [""]);
    }
}
