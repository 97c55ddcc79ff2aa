//! Running the tests: all or some of them, and what a run of all says of itself.

use std::fs;

use anyhow::{Context as _, bail};

use crate::setup;
use crate::shell::{cargo, target};

/// How many of the slowest tests are printed.
const SLOWEST: usize = 10;

/// How a test that is skipped says so on standard error.
const SKIPPED: &str = "skipped: ";

/// Beginnings of the reasons for which a test may be skipped wherever it runs.
const REASONS: &[&str] = &["this system allows no mounts"];

/// Run the tests whose names contain a text.
pub(crate) fn some(filter: &[String]) -> anyhow::Result<()> {
    setup::run();
    cargo(&["test", "--workspace"]).args(setup::features()).args(filter).run()
}

/// Run all tests, print the slowest, and fail if one was skipped for a reason that does not count here.
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
    let skipped: Vec<&Case<'_>> = cases.iter().filter(|case| case.skipped.is_some()).collect();
    println!("{} tests were skipped", skipped.len());
    let mut reasons = REASONS.to_vec();
    if !setup::python().exists() {
        reasons.push("there is no .venv");
    }
    if !setup::npm_program("scip-python").exists() {
        reasons.push("there is no scip-python");
    }
    let is_allowed =
        |case: &Case<'_>| case.skipped.is_some_and(|why| reasons.iter().any(|reason| why.starts_with(reason)));
    let refused = skipped.into_iter().filter(|case| !is_allowed(case));
    let refused: Vec<String> =
        refused.map(|case| format!("{}: {}", case.name, case.skipped.unwrap_or_default())).collect();
    if !refused.is_empty() {
        bail!("tests that must not be skipped were:\n  {}", refused.join("\n  "));
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
}
