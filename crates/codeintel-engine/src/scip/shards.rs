//! Documents as files: one index in each of both forms for each source file.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use codeintel_base::RepoPath;
use codeintel_scip::{Header, IndexWriter, JsonWriter};
use codeintel_store::{Database, StoredDocument};
use codeintel_system::OwnFolder;

use super::export::ExportError;
use super::indexer::Indexer;

/// Both forms, by their endings.
const ENDINGS: [&str; 2] = ["scip", "json"];

/// What the shards were written from: a stamp of the document of each file. It lies beside them.
const STAMPS: &str = "shards.json";

/// Make the shards in a folder say what those documents of a repository say that an indexer keeps as files. Only those are written
/// that are missing or say something else; without any such document there are none.
pub(crate) fn keep_shards(
    database: &Database,
    repo: &str,
    folder: &OwnFolder,
    indexer: &dyn Indexer,
) -> Result<(), ExportError> {
    let shards = Shards(folder.inner("docs"));
    let stamps = match indexer.shards() {
        Some(key) => database.document_stamps(repo, &key)?,
        None => BTreeMap::new(),
    };
    if stamps.is_empty() {
        shards.0.clear()?;
        return Ok(folder.remove(STAMPS)?);
    }
    let before: BTreeMap<String, String> = match folder.open(STAMPS)? {
        Some(file) => serde_json::from_reader(file).unwrap_or_default(),
        None => BTreeMap::new(),
    };
    let files: BTreeSet<PathBuf> = shards.0.files()?.into_iter().collect();
    let is_there = |path: &RepoPath| ENDINGS.iter().all(|ending| files.contains(&place(path, ending)));
    let holds = |path: &RepoPath, stamp: &String| before.get(path.as_str()) == Some(stamp) && is_there(path);
    let missing: Vec<RepoPath> =
        stamps.iter().filter(|(path, stamp)| !holds(path, stamp)).map(|(path, _)| path.clone()).collect();
    if missing.is_empty() && files.len() == stamps.len() * ENDINGS.len() {
        return Ok(());
    }
    // Of a run that is cut short, no stamp must be left that speaks of another shard.
    folder.remove(STAMPS)?;
    database.read_documents(repo, Some(&missing), |stored| shards.write(&stored))?;
    shards.keep(stamps.keys(), &files)?;
    let stamps: BTreeMap<&str, &String> = stamps.iter().map(|(path, stamp)| (path.as_str(), stamp)).collect();
    Ok(folder.write(STAMPS, serde_json::json!(stamps).to_string().as_bytes())?)
}

/// A folder with the shards of a repository.
#[derive(Debug)]
struct Shards(OwnFolder);

impl Shards {
    /// Write the shards of a document.
    fn write(&self, stored: &StoredDocument) -> Result<(), ExportError> {
        let StoredDocument { path, document, externals, producer, producer_version } = stored;
        let (producer, producer_version) = (producer.clone(), producer_version.clone());
        let header = Header { project_root: String::new(), producer, producer_version };
        let mut writer = IndexWriter::new(self.0.begin(place(path, "scip"))?, &header)?;
        writer.document(document)?;
        externals.iter().try_for_each(|symbol| writer.external(symbol))?;
        writer.finish()?.finish()?;
        let mut writer = JsonWriter::new(self.0.begin(place(path, "json"))?, &header)?;
        writer.document(document)?;
        externals.iter().try_for_each(|symbol| writer.external(symbol))?;
        Ok(writer.finish()?.finish()?)
    }

    /// Remove the files that are not shards of these.
    fn keep<'a>(&self, paths: impl Iterator<Item = &'a RepoPath>, files: &BTreeSet<PathBuf>) -> io::Result<()> {
        let kept: BTreeSet<PathBuf> = paths.flat_map(|path| ENDINGS.map(|ending| place(path, ending))).collect();
        files.iter().filter(|file| !kept.contains(*file)).try_for_each(|file| self.0.remove(file))
    }
}

/// Where a shard lies: where the source file would, with an ending more. A folder whose name ends like a shard gets a `%`, and a `%`
/// is written `%25`, so that no two paths meet.
fn place(path: &RepoPath, ending: &str) -> PathBuf {
    let escaped = path.as_str().replace('%', "%25");
    let (folders, name) = escaped.rsplit_once('/').unwrap_or(("", &escaped));
    let is_like_a_shard = |folder: &str| {
        let extension = Path::new(folder).extension();
        extension.is_some_and(|extension| ENDINGS.iter().any(|ending| extension.eq_ignore_ascii_case(ending)))
    };
    let folders =
        folders.split('/').map(|folder| format!("{folder}{}", if is_like_a_shard(folder) { "%" } else { "" }));
    folders.collect::<PathBuf>().join(format!("{name}.{ending}"))
}

#[cfg(test)]
mod tests {
    use codeintel_scip::Document;

    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_ref()).unwrap()
    }

    #[test]
    fn no_two_paths_meet() {
        let check = |text: &str, expected: &str| assert_eq!(place(&path(text), "json"), Path::new(expected), "{text}");
        check("a.py", "a.py.json");
        check("src/pkg/a.pyi", "src/pkg/a.pyi.json");
        check("a.py.json/b.py", "a.py.json%/b.py.json");
        check("a.py.json%/b.py", "a.py.json%25/b.py.json");
        check("100%.py", "100%25.py.json");
    }

    #[test]
    fn what_is_no_shard_of_a_file_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let shards = Shards(OwnFolder::new(dir.path().join("docs")));
        for name in ["p/a.py", "p/q/b.py"] {
            let stored = StoredDocument {
                path: path(name),
                document: Document::default(),
                externals: Vec::new(),
                producer: String::new(),
                producer_version: String::new(),
            };
            shards.write(&stored).unwrap();
        }
        let files: BTreeSet<PathBuf> = shards.0.files().unwrap().into_iter().collect();
        assert_eq!(files.len(), 4);
        shards.keep([path("p/a.py")].iter(), &files).unwrap();
        assert_eq!(shards.0.files().unwrap(), [Path::new("p/a.py.json"), Path::new("p/a.py.scip")]);
        assert!(shards.0.open("p/q").unwrap().is_none());
    }
}
