//! Whether some files are cheaper to index by themselves than all files together.

use std::collections::BTreeSet;

use codeintel_base::count;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::scip::indexer::IndexRequest;

/// What an indexer cost the last time, in CPU seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Costs {
    /// To start and end.
    start: f64,
    /// For each megabyte of source that it analyses.
    megabyte: f64,
}

impl Default for Costs {
    /// scip-python 0.6.6 on Django and requests.
    fn default() -> Self {
        Self { start: 1.0, megabyte: 10.0 }
    }
}

/// Which files are indexed together, and why.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    /// The files of each run; empty for one run over everything.
    pub(super) groups: Vec<Vec<usize>>,
    /// The decision in words.
    pub(super) reason: String,
    /// Megabytes of source that will be analysed.
    megabytes: f64,
}

/// A way to index some files by themselves.
struct Candidate {
    groups: Vec<Vec<usize>>,
    megabytes: f64,
    /// In CPU seconds.
    cost: f64,
    /// Seconds until the last run ends.
    elapsed: f64,
}

/// Of ways whose costs differ by no more than this factor the one that ends first is taken.
const NO_MATTER: f64 = 1.1;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexMode {
    /// One run over everything, whenever something is missing.
    Full,
    /// Runs over what is missing.
    Incremental,
    /// Whichever is cheaper.
    Auto,
}

impl Costs {
    pub(super) fn read(memory: Option<&Value>) -> Self {
        memory.and_then(|memory| serde_json::from_value(memory.clone()).ok()).unwrap_or_default()
    }

    fn of(self, runs: usize, megabytes: f64) -> f64 {
        self.start * runs as f64 + self.megabyte * megabytes
    }

    /// What is learnt from a run.
    pub(super) fn after(self, decision: &Decision, cpu_seconds: f64) -> Value {
        let runs = decision.groups.len().max(1);
        let spent = (cpu_seconds - self.start * runs as f64).max(0.1);
        let megabyte = if decision.megabytes > 0.05 { spent / decision.megabytes } else { self.megabyte };
        // Rounded, so that a database does not change for nothing.
        json!(Self { start: self.start, megabyte: (megabyte * 10.0).round() / 10.0 })
    }
}

impl Decision {
    pub(super) fn new(request: &IndexRequest<'_>, mode: IndexMode, workers: usize, costs: Costs) -> Self {
        let size = |files: &mut dyn Iterator<Item = usize>| {
            files.map(|file| request.files[file].size_bytes as f64 / 1e6).sum::<f64>()
        };
        let everything = size(&mut (0..request.files.len()));
        let pending = request.pending;
        let full = |reason: String| Self { groups: Vec::new(), reason, megabytes: everything };
        if mode == IndexMode::Full {
            return full("everything, as `scip.mode` says".to_owned());
        }
        if pending.len() == request.files.len() && mode == IndexMode::Auto {
            return full("everything, since all documents are missing".to_owned());
        }
        let analysed = |group: &[usize]| {
            let files: BTreeSet<u32> = group.iter().flat_map(|file| (request.closure)(*file)).collect();
            size(&mut files.into_iter().map(|file| file as usize))
        };
        let candidate = |runs: usize| {
            let groups: Vec<Vec<usize>> =
                pending.chunks(pending.len().div_ceil(runs).max(1)).map(<[_]>::to_vec).collect();
            let sizes: Vec<f64> = groups.iter().map(|group| analysed(group)).collect();
            let megabytes = sizes.iter().sum();
            let elapsed = costs.of(1, sizes.iter().copied().fold(0.0, f64::max));
            Candidate { cost: costs.of(groups.len(), megabytes), elapsed, groups, megabytes }
        };
        let whole = costs.of(1, everything);
        let candidates: Vec<Candidate> = (1..=workers.clamp(1, pending.len().max(1))).map(candidate).collect();
        let least = candidates.iter().map(|candidate| candidate.cost).fold(f64::INFINITY, f64::min);
        let cheap = candidates.into_iter().filter(|candidate| candidate.cost <= least * NO_MATTER);
        if let Some(best) = cheap.min_by(|one, other| one.elapsed.total_cmp(&other.elapsed))
            && (best.cost < whole || mode == IndexMode::Incremental)
        {
            let Candidate { groups, megabytes, cost, .. } = best;
            let (files, runs) = (count(pending.len(), "file"), count(groups.len(), "run"));
            let reason = format!("{files} in {runs} (estimate: {cost:.1} CPU s; everything: {whole:.1})");
            return Self { groups, reason, megabytes };
        }
        full(format!("everything (estimate: {whole:.1} CPU s; {} alone would cost more)", count(pending.len(), "file")))
    }
}

#[cfg(test)]
mod tests {
    use codeintel_base::{ContentHash, RepoPath};
    use codeintel_system::MemorySystem;

    use std::cell::RefCell;

    use super::*;
    use crate::scip::indexer::IndexFile;

    /// Ten files of a megabyte; each looks into so many that stand before it.
    fn decide(pending: &[usize], looks_into: usize, mode: IndexMode, workers: usize) -> (Vec<usize>, String) {
        let paths: Vec<RepoPath> = (0..10).map(|file| RepoPath::new(format!("m{file}.py").as_ref()).unwrap()).collect();
        let file = |path| IndexFile { path, hash: ContentHash::of(b""), size_bytes: 1_000_000, module: "m" };
        let files: Vec<IndexFile<'_>> = paths.iter().map(file).collect();
        let request = IndexRequest {
            other_texts: RefCell::default(),
            system: &MemorySystem::default(),
            files: &files,
            pending,
            source_roots: &[],
            lookup_hash: &|_| None,
            closure: &|file| (file.saturating_sub(looks_into) as u32..=file as u32).collect(),
            max_bytes: 1,
        };
        let decision = Decision::new(&request, mode, workers, Costs::default());
        (decision.groups.iter().map(Vec::len).collect(), decision.reason)
    }

    #[test]
    fn what_is_cheaper_is_done() {
        let everything: Vec<usize> = (0..10).collect();
        assert_eq!(decide(&everything, 9, IndexMode::Auto, 2).0, [0; 0]);
        assert_eq!(
            decide(&[3], 0, IndexMode::Auto, 2),
            (vec![1], "1 file in 1 run (estimate: 11.0 CPU s; everything: 101.0)".to_owned())
        );
        assert_eq!(decide(&[1, 5], 1, IndexMode::Auto, 2).0, [1, 1]);
        assert_eq!(decide(&[8, 9], 7, IndexMode::Auto, 2).0, [2], "they look into the same files");
        assert_eq!(decide(&[8, 9], 7, IndexMode::Incremental, 2).0, [2], "and so when it is asked for");
        assert_eq!(decide(&[1, 2, 8, 9], 1, IndexMode::Auto, 2).0, [2, 2], "it ends sooner and costs no more");
        assert_eq!(decide(&[8, 9], 9, IndexMode::Auto, 2).0, [0; 0]);
        assert_eq!(decide(&[8, 9], 9, IndexMode::Incremental, 1).0, [2], "as was asked for");
        assert_eq!(decide(&[3], 0, IndexMode::Full, 2).0, [0; 0], "as was asked for");
    }

    #[test]
    fn the_next_estimate_knows_the_last_run() {
        let decision = Decision { groups: Vec::new(), reason: String::new(), megabytes: 5.0 };
        let costs = Costs::read(Some(&Costs::default().after(&decision, 11.0)));
        assert_eq!(costs, Costs { start: 1.0, megabyte: 2.0 });
        assert_eq!(Costs::read(Some(&json!("nonsense"))), Costs::default());
    }
}
