//! One file for each dataset.

pub(crate) mod ast_metrics;
pub(crate) mod ast_nodes;
pub(crate) mod docstrings;
pub(crate) mod file_state;
pub(crate) mod goids;
pub(crate) mod modules;
pub(crate) mod problems;
pub(crate) mod snapshots;
pub(crate) mod tags_index;
