//! What every part of a run works with.

use codeintel_base::Progress;
use codeintel_store::{Database, Snapshot};
use codeintel_system::System;

use crate::options::Options;

/// What every part of a run works with.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) system: &'a dyn System,
    pub(crate) database: &'a Database,
    pub(crate) options: &'a Options,
    /// The repository's current snapshot.
    pub(crate) prior: Option<&'a Snapshot>,
    pub(crate) progress: &'a dyn Progress,
}
