//! Which database file a command works on: the one that the settings name, if it may be opened, or one in the user's own folder.

use std::io;
use std::path::Path;

use codeintel_settings::SettingsError;
use codeintel_store::StoreError;
use codeintel_system::{OwnDatabases, Standing, Voucher};

use super::{Context, warn_once};

/// Where the database of a command is, as to who may have made it.
pub(super) struct Place {
    own: OwnDatabases,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The user has named it.
    Named,
    /// It lies in the repository, which may have brought it along.
    InRepository,
    /// The same, and nobody knows who has made it; but the user trusts the repository.
    Trusted,
    /// It lies in the user's own folder, since the one in the repository is not to be opened.
    Beside,
}

impl Place {
    /// A database that the user has named.
    pub(super) fn named(own: OwnDatabases) -> Self {
        Self { own, kind: Kind::Named }
    }
}

impl Context {
    /// Decide where the database is.
    pub(super) fn find_database(&mut self) -> Result<(), SettingsError> {
        let (root, path) = (self.system.root(), self.settings.named_database());
        if self.settings.names_one_database() {
            return Ok(());
        }
        let own = &self.place.own;
        let shown = path.strip_prefix(root).unwrap_or(&path).display();
        let reason = match own.standing(root, &path) {
            Standing::Ours(voucher) => {
                own.settle(&path, &voucher);
                self.place.kind = Kind::InRepository;
                return Ok(());
            }
            Standing::New(_) => {
                self.place.kind = Kind::InRepository;
                return Ok(());
            }
            // Who runs a repository's programs may open its database. What is in the file is not known yet.
            Standing::Unknown if self.settings.is_trusted() => {
                self.place.kind = Kind::Trusted;
                return Ok(());
            }
            Standing::Unknown => {
                format!(
                    "`{shown}` was not created by this user on this machine, so it is not opened (`codeintel trust` allows it)"
                )
            }
            Standing::Refused(reason) => format!("{reason}, so no database is opened there"),
        };
        if !self.settings.is_default_database() {
            return Err(SettingsError::Database(reason));
        }
        let Some(beside) = own.beside(root) else {
            return Err(SettingsError::Database(format!("{reason}, and there is no user folder for another one")));
        };
        warn_once(&format!("{reason}; using {} instead", beside.display()));
        self.place.kind = Kind::Beside;
        self.settings.use_database(beside);
        Ok(())
    }

    /// Before the database is made or written to: see that it may still be, and let it be recognized later.
    pub(super) fn begin_database(&self) -> Result<Option<Voucher>, SettingsError> {
        if self.place.kind != Kind::InRepository {
            return Ok(None);
        }
        let path = self.settings.database();
        match self.place.own.standing(self.system.root(), &path) {
            Standing::Ours(voucher) => Ok(Some(voucher)),
            Standing::New(voucher) => match self.prepare_and_adopt(&path, &voucher) {
                Ok(()) => Ok(Some(voucher)),
                // The first reader of a database without an id says what can be done.
                Err(error) => {
                    warn_once(&format!("the database will not be recognized as this user's in the next run: {error}"));
                    Ok(None)
                }
            },
            Standing::Unknown => {
                Err(SettingsError::Database(format!("`{}` was replaced by another file", path.display())))
            }
            Standing::Refused(reason) => Err(SettingsError::Database(reason)),
        }
    }

    fn prepare_and_adopt(&self, path: &Path, voucher: &Voucher) -> io::Result<()> {
        // Who names a file names a folder that is there.
        if path.parent().is_some_and(Path::exists) { self.place.own.adopt(path, voucher) } else { Ok(()) }
    }

    /// After the database was written to and closed: remember what it is like.
    pub(super) fn settle_database(&self, voucher: Option<&Voucher>) {
        let path = self.settings.database();
        match (self.place.kind, voucher) {
            (Kind::Named, _) => self.place.own.settle_named(&path),
            (Kind::Trusted, _) => {
                // It was opened, so it is a database of codeintel.
                let voucher = Voucher::default();
                let _trust_is_asked_for_again = self.place.own.adopt(&path, &voucher);
                self.place.own.settle(&path, &voucher);
            }
            (_, Some(voucher)) => self.place.own.settle(&path, voucher),
            (_, None) => {}
        }
    }

    /// Whether the file at the database's place is ours, whatever is in it by now.
    pub(super) fn has_own_database(&self) -> bool {
        let is_named = matches!(self.place.kind, Kind::Named | Kind::Trusted);
        !is_named || self.place.own.is_known(&self.settings.database())
    }

    /// What an error of the database means for a file that is ours, or is not.
    pub(super) fn blame(&self, error: StoreError) -> StoreError {
        error.in_file(self.has_own_database())
    }
}
