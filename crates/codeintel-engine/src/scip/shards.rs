//! Documents as files: one index in each of both forms for each source file.

use std::io;
use std::path::{Path, PathBuf};

use codeintel_base::RepoPath;
use codeintel_scip::{Document, Header, IndexWriter, JsonWriter, ScipError, Symbol};
use codeintel_system::OwnFolder;

/// Both forms, by their endings.
const ENDINGS: [&str; 2] = ["scip", "json"];

/// A folder with the shards of a repository.
#[derive(Debug)]
pub(super) struct Shards(OwnFolder);

impl Shards {
    pub(super) fn new(folder: OwnFolder) -> Self {
        Self(folder)
    }

    /// Write the shards of a document.
    pub(super) fn write(
        &self,
        path: &RepoPath,
        header: &Header,
        document: &Document,
        externals: &[Symbol],
    ) -> Result<(), ScipError> {
        let mut writer = IndexWriter::new(self.0.begin(place(path, "scip"))?, header)?;
        writer.document(document)?;
        externals.iter().try_for_each(|symbol| writer.external(symbol))?;
        writer.finish()?.finish()?;
        let mut writer = JsonWriter::new(self.0.begin(place(path, "json"))?, header)?;
        writer.document(document)?;
        externals.iter().try_for_each(|symbol| writer.external(symbol))?;
        Ok(writer.finish()?.finish()?)
    }

    /// Remove the shards of files that are not among these.
    pub(super) fn keep<'a>(&self, paths: impl Iterator<Item = &'a RepoPath>) -> io::Result<()> {
        let kept: std::collections::BTreeSet<PathBuf> =
            paths.flat_map(|path| ENDINGS.map(|ending| place(path, ending))).collect();
        for file in self.0.files()? {
            if !kept.contains(&file) {
                self.0.remove(file)?;
            }
        }
        Ok(())
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
    fn shards_of_files_that_are_gone_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let shards = Shards::new(OwnFolder::new(dir.path().join("docs")));
        let [a, b] = ["p/a.py", "p/q/b.py"].map(path);
        for path in [&a, &b] {
            let document = Document { relative_path: path.to_string(), ..Document::default() };
            shards.write(path, &Header::default(), &document, &[]).unwrap();
        }
        assert_eq!(shards.0.files().unwrap().len(), 4);
        shards.keep([&a].into_iter()).unwrap();
        assert_eq!(shards.0.files().unwrap(), [Path::new("p/a.py.json"), Path::new("p/a.py.scip")]);
        assert!(shards.0.open("p/q").unwrap().is_none());
    }
}
