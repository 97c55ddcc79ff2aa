//! Running the tests: all or some of them, and what a run of all says of itself.

use std::fs;

use anyhow::{Context as _, bail};

use crate::setup;
use crate::shell::{cargo, target};

/// How many of the slowest tests are printed.
const SLOWEST: usize = 10;

/// How a test that is skipped says so on standard error.
const SKIPPED: &str = "skipped: ";

/// What a test may be skipped for, where it is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// The Python environment of the oracles.
    Oracles,
    /// The program from npm.
    ScipPython,
    /// Mounts in a namespace of one's own.
    Mounts,
}

use Missing::{Mounts, Oracles, ScipPython};

/// The tests that may be skipped, and for what. A test that starts to skip itself is added here.
const MAY_BE_SKIPPED: &[(&str, &[Missing])] = &[
    ("a_document_is_the_same_alone_and_among_all_others", &[Oracles]),
    ("a_document_is_the_same_anew_and_from_an_earlier_one", &[Oracles]),
    ("cpython_knows_of_the_same_definitions", &[Oracles]),
    ("names_need_no_types", &[Oracles]),
    ("packages_keep_the_rules", &[Oracles]),
    ("fixtures::fixtures_have_the_rows_that_the_program_returns", &[Oracles]),
    ("crashes::a_folder_that_cannot_be_written_to_is_named", &[Mounts]),
    ("crashes::a_full_disk_is_named_and_leaves_the_old_truth", &[Mounts]),
    ("crashes::full_folders_for_temporary_files_and_for_state_cost_nothing_but_a_line", &[Mounts]),
    ("hostile::a_file_that_is_named_and_not_ours_is_refused_and_left_alone", &[Oracles]),
    ("hostile::the_real_tools_run_nothing_that_a_checkout_configures", &[Oracles]),
    ("oracle::functions_have_the_annotations_that_cpython_sees", &[Oracles]),
    ("oracle::imports_are_those_of_cpython_and_their_graph_is_that_of_grimp", &[Oracles]),
    ("oracle::odd_sources_have_the_tree_of_cpython", &[Oracles]),
    ("oracle::odd_sources_have_the_tree_of_libcst", &[Oracles]),
    ("oracle::the_python_package_of_duckdb_reads_every_view_and_no_join_is_quadratic", &[Oracles]),
    ("scip::requests_has_the_documents_of_scip_python", &[Oracles, ScipPython]),
    ("tools::configurations_are_obeyed_and_nothing_is_written", &[Oracles]),
    ("tools::findings_on_flask_are_those_of_the_tools", &[Oracles]),
    ("tools::what_a_tool_reads_besides_the_scanned_files_is_seen", &[Oracles]),
];

impl Missing {
    /// How tests begin to say so.
    fn text(self) -> &'static str {
        match self {
            Self::Oracles => "there is no .venv",
            Self::ScipPython => "there is no scip-python",
            Self::Mounts => "this system allows no mounts",
        }
    }

    /// Whether it is missing on this machine, as far as this program can tell.
    fn may_be(self) -> bool {
        match self {
            Self::Oracles => !setup::python().exists(),
            Self::ScipPython => !setup::npm_program("scip-python").exists(),
            Self::Mounts => true,
        }
    }
}

/// The skipped tests that are not on the list, or were skipped for a reason that is not there or not true.
fn refused(cases: &[Case<'_>], may_be: impl Fn(Missing) -> bool) -> Vec<String> {
    let is_allowed = |name: &str, why: &str| {
        let listed = MAY_BE_SKIPPED.iter().filter(|(test, _)| *test == name).flat_map(|(_, reasons)| *reasons);
        listed.into_iter().any(|reason| why.starts_with(reason.text()) && may_be(*reason))
    };
    let skipped = cases.iter().filter_map(|case| Some((case.name, case.skipped?)));
    skipped.filter(|(name, why)| !is_allowed(name, why)).map(|(name, why)| format!("{name}: {why}")).collect()
}

/// Run the tests whose names contain a text.
pub(crate) fn some(filter: &[String]) -> anyhow::Result<()> {
    setup::run();
    cargo(&["test", "--workspace"]).args(setup::features()).args(filter).run()
}

/// Run all tests, print the slowest, and fail if one was skipped that must not be.
pub(crate) fn all() -> anyhow::Result<()> {
    if cargo(&["nextest", "--version"]).output().is_err() {
        println!("tests: there is no cargo-nextest, so that skipped and slow tests are not listed");
        return cargo(&["test", "--workspace", "--all-targets", "--locked", "--profile", "ci"])
            .args(setup::features())
            .run();
    }
    let run = cargo(&["nextest", "run", "--workspace", "--locked", "--profile", "ci", "--cargo-profile", "ci"]);
    run.args(setup::features()).run()?;
    let report = target().join("nextest/ci/junit.xml");
    let report = fs::read_to_string(&report).with_context(|| report.display().to_string())?;
    let mut cases: Vec<Case<'_>> = report.split("<testcase ").skip(1).filter_map(Case::read).collect();
    if cases.is_empty() {
        bail!("tests: the report names no test");
    }
    cases.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    println!("the slowest of {} tests:", cases.len());
    for case in cases.iter().take(SLOWEST) {
        println!("{:8.1} s  {}", case.seconds, case.name);
    }
    println!("{} tests were skipped", cases.iter().filter(|case| case.skipped.is_some()).count());
    let refused = refused(&cases, Missing::may_be);
    if !refused.is_empty() {
        bail!("tests were skipped that the list in xtask/src/test_runs.rs does not allow:\n  {}", refused.join("\n  "));
    }
    let is_gone = |name: &&str| cases.iter().all(|case| case.name != *name);
    let gone: Vec<&str> = MAY_BE_SKIPPED.iter().map(|(name, _)| *name).filter(is_gone).collect();
    if !gone.is_empty() {
        bail!("the list in xtask/src/test_runs.rs names tests that do not exist:\n  {}", gone.join("\n  "));
    }
    Ok(())
}

/// One test of a report in the format of JUnit.
struct Case<'a> {
    name: &'a str,
    seconds: f64,
    /// Why it was skipped.
    skipped: Option<&'a str>,
}

impl<'a> Case<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let attribute = |name: &str| text.split_once(&format!("{name}=\""))?.1.split('"').next();
        let skipped = text.split_once(SKIPPED).and_then(|(_, reason)| reason.lines().next());
        Some(Self { name: attribute("name")?, seconds: attribute(" time")?.parse().ok()?, skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_a_report_are_read() {
        let text =
            "name=\"a::b\" classname=\"c\" timestamp=\"2026\" time=\"1.250\">\n<system-err>skipped: why\n</system-err>";
        let case = Case::read(text).expect("a case");
        assert_eq!((case.name, case.seconds, case.skipped), ("a::b", 1.25, Some("why")));
    }
    #[test]
    fn a_test_is_skipped_only_for_a_listed_reason_that_is_true() {
        let check = |name: &str, skipped: Option<&str>, holds: bool, expected: &[&str]| {
            assert_eq!(refused(&[Case { name, seconds: 0.0, skipped }], |_| holds), expected, "{name}");
        };
        let listed = "scip::requests_has_the_documents_of_scip_python";
        check(listed, None, false, &[]);
        check(listed, Some("there is no scip-python; `cargo xtask setup` installs it"), true, &[]);
        check(listed, Some("there is no .venv; `cargo xtask setup` makes it"), true, &[]);
        let why = "scip::requests_has_the_documents_of_scip_python: ";
        check(listed, Some("there is no scip-python"), false, &[&format!("{why}there is no scip-python")]);
        check(listed, Some("requests cannot be downloaded"), true, &[&format!("{why}requests cannot be downloaded")]);
        check("unlisted", Some("there is no .venv"), true, &["unlisted: there is no .venv"]);
    }
}
