//! Which settings of a repository need the user's trust, and which repositories have it.
//!
//! Trust is in a folder and in exactly the settings that were shown when it was given: if one of them changes, it is asked for again.

use std::io;
use std::path::{Component, Path, PathBuf};

use codeintel_base::ContentHash;
use codeintel_system::{OwnFolder, UserFolders, read_configuration};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::definition::{Definition, Guard};
use crate::environment::Environment;
use crate::kinds::{Size, quoted};

/// Folders of version control. What lies in them is run or believed by other programs.
const OF_VERSION_CONTROL: [&str; 5] = [".git", ".hg", ".svn", ".jj", ".bzr"];

/// A setting of a repository's file that needs trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardedSetting {
    /// The file.
    pub file: &'static str,
    /// Its key.
    pub key: &'static str,
    /// Its value as TOML.
    pub value: String,
}

/// Whether a value lets a repository run a program, write or look outside of itself, or take much of the machine.
pub(crate) fn needs_trust(root: &Path, definition: &Definition, value: &Value) -> bool {
    match definition.guard {
        Guard::Nothing => false,
        Guard::Programs => match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        },
        Guard::AllBut(harmless) => value.as_str().is_none_or(|text| !harmless.contains(&text)),
        Guard::Above(most) => {
            let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
            number.or_else(|| value.as_str().and_then(Size::parse).map(Size::bytes)).is_none_or(|number| number > most)
        }
        Guard::Places => {
            value.as_str().is_none_or(|path| !path.is_empty() && !stays_inside(root, path, definition.key == "python"))
        }
    }
}

/// Whether a path from the root leads to a place inside of the repository, through links too, and to none of version control. An
/// interpreter may be a link, as in every virtual environment: of it the folder counts.
fn stays_inside(root: &Path, path: &str, is_interpreter: bool) -> bool {
    let mut existing = root.join(path);
    let mut rest = Vec::new();
    if is_interpreter && existing.is_file() {
        rest.extend(existing.file_name().map(ToOwned::to_owned));
        existing.pop();
    }
    while existing.symlink_metadata().is_err() {
        // Of `..` in what is not there, nothing can be known.
        let Some(name) = existing.file_name().map(ToOwned::to_owned) else { return false };
        rest.push(name);
        existing.pop();
    }
    let Ok(mut real) = existing.canonicalize() else { return false };
    real.extend(rest.iter().rev());
    let Ok(inside) = real.strip_prefix(root) else { return false };
    inside.components().all(|part| match part {
        Component::Normal(name) => !OF_VERSION_CONTROL.iter().any(|own| name.eq_ignore_ascii_case(own)),
        _ => false,
    })
}

/// Which settings do not count, in words.
pub(crate) fn ignored(keys: &[&str]) -> String {
    format!("{} {} ignored", quoted(keys), if keys.len() == 1 { "is" } else { "are" })
}

/// The repositories that a user trusts, each in a file of its own.
#[derive(Debug, Clone)]
pub struct TrustedRepositories(OwnFolder);

/// A repository that is trusted, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedRepository {
    /// Its root.
    pub root: PathBuf,
    /// The settings that are trusted, for people.
    pub settings: Vec<String>,
    /// Their hash.
    hash: String,
}

impl TrustedRepositories {
    /// Those of the user of this process; none where the user has no folder to say so.
    pub fn of_this_user() -> Option<Self> {
        Environment::of_this_process().ok()?.user.as_ref().map(Self::of)
    }

    pub(crate) fn of(user: &UserFolders) -> Self {
        Self(OwnFolder::new(user.config.join("codeintel/trusted")))
    }

    /// Whether a repository is trusted with exactly these settings.
    pub fn has(&self, root: &Path, settings: &[GuardedSetting]) -> bool {
        self.0.is_private()
            && self.read(&name_of(root)).is_some_and(|found| found.root == root && found.hash == hash_of(settings))
    }

    /// Trust a repository with these settings, and no longer with others. Fails where the folder cannot be written.
    pub fn grant(&self, root: &Path, settings: &[GuardedSetting]) -> io::Result<()> {
        let shown = settings.iter().map(|GuardedSetting { file, key, value }| format!("{file}: {key} = {value}"));
        let record = TrustedRepository { root: root.to_owned(), settings: shown.collect(), hash: hash_of(settings) };
        self.0.create_private()?;
        self.0.write(name_of(root), serde_json::to_string_pretty(&record)?.as_bytes())
    }

    /// Trust a repository no longer; gives whether it was.
    pub fn revoke(&self, root: &Path) -> io::Result<bool> {
        let was_trusted = self.0.at(name_of(root)).exists();
        self.0.remove(name_of(root))?;
        Ok(was_trusted)
    }

    /// All that are trusted, sorted by root.
    pub fn all(&self) -> io::Result<Vec<TrustedRepository>> {
        let names = self.0.files()?;
        let mut all: Vec<_> = names.iter().filter_map(|name| self.read(&name.to_string_lossy())).collect();
        all.sort_by(|a, b| a.root.cmp(&b.root));
        Ok(all)
    }

    fn read(&self, name: &str) -> Option<TrustedRepository> {
        serde_json::from_slice(&read_configuration(&self.0.at(name)).ok()?).ok()
    }
}

fn name_of(root: &Path) -> String {
    format!("{}.json", ContentHash::of(root.as_os_str().as_encoded_bytes()))
}

fn hash_of(settings: &[GuardedSetting]) -> String {
    let mut texts: Vec<String> =
        settings.iter().map(|GuardedSetting { file, key, value }| format!("{file}\0{key}\0{value}")).collect();
    texts.sort();
    ContentHash::of(texts.join("\0\0").as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::definitions::SETTINGS;

    #[test]
    fn places_inside_need_no_trust_and_all_others_do() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        let root = base.join("repo");
        fs::create_dir_all(root.join(".venv/bin")).unwrap();
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(base.join("outside")).unwrap();
        fs::create_dir_all(root.join(".git/hooks")).unwrap();
        symlink("/bin/sh", root.join(".venv/bin/python3")).unwrap();
        symlink("../outside", root.join("out")).unwrap();
        symlink("sub", root.join("in")).unwrap();
        symlink("../outside/not/there", root.join("dangling")).unwrap();
        symlink(".git", root.join("git")).unwrap();
        let needs = |key: &str, value: &str| {
            let definition = SETTINGS.iter().find(|definition| definition.key == key).unwrap();
            needs_trust(&root, definition, &Value::String(value.to_owned()))
        };
        let absolute = root.join("sub/x").to_string_lossy().into_owned();
        for inside in ["", "x", "sub/x/y", "in/x", "sub/../x", "~/x", "./x", &absolute, ".github/x", "not/there"] {
            for key in ["db", "scip.document_output_dir", "python"] {
                assert!(!needs(key, inside), "{key} {inside}");
            }
        }
        let outside = base.join("outside").to_string_lossy().into_owned();
        for out in [
            "..",
            "../x",
            "sub/../../x",
            "not/../../x",
            "/",
            "/tmp/x",
            &outside,
            "out",
            "out/x",
            "out/not/there",
            "dangling",
            "dangling/x",
            ".git/config",
            ".git/hooks",
            ".GIT/hooks",
            "git/hooks",
            "sub/.git/x",
            ".hg/x",
            "in/../../repo2",
        ] {
            for key in ["db", "scip.document_output_dir", "python"] {
                assert!(needs(key, out), "{key} {out}");
            }
        }
        assert!(!needs("python", ".venv") && !needs("python", ".venv/bin/python3"));
        assert!(needs("db", ".venv/bin/python3"), "a link that leads out");
        assert!(needs("python", "/usr/bin/python3"));
        assert!(
            needs("scip.backend", "scip-python") && !needs("scip.backend", "native") && !needs("scip.backend", "none")
        );
        assert!(needs("tools.ruff", "ruff") && !needs("tools.ruff", ""));
        assert!(needs("query.memory_limit", "3GB") && !needs("query.memory_limit", "2GB"));
        let seconds = SETTINGS.iter().find(|definition| definition.key == "query.timeout").unwrap();
        assert!(needs_trust(&root, seconds, &Value::Integer(61)) && !needs_trust(&root, seconds, &Value::Integer(60)));
    }

    #[test]
    fn trust_is_in_a_root_with_exactly_these_settings() {
        let dir = tempfile::tempdir().unwrap();
        let user = UserFolders { home: dir.path().to_owned(), config: dir.path().join("config") };
        let trusted = TrustedRepositories::of(&user);
        let setting =
            |value: &str| GuardedSetting { file: "codeintel.toml", key: "tools.ruff", value: value.to_owned() };
        let (root, other) = (Path::new("/repo"), Path::new("/other"));
        assert!(!trusted.has(root, &[]) && trusted.all().unwrap().is_empty());
        trusted.grant(root, &[setting("a")]).unwrap();
        assert!(trusted.has(root, &[setting("a")]));
        assert!(!trusted.has(root, &[]) && !trusted.has(root, &[setting("b")]) && !trusted.has(other, &[setting("a")]));
        trusted.grant(root, &[]).unwrap();
        assert!(trusted.has(root, &[]) && !trusted.has(root, &[setting("a")]));
        assert_eq!(trusted.all().unwrap().len(), 1);
        let folder = dir.path().join("config/codeintel/trusted");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(!trusted.has(root, &[]), "others may have written it");
        assert!(trusted.revoke(root).unwrap() && !trusted.revoke(root).unwrap());
        assert!(trusted.all().unwrap().is_empty());
    }
}
