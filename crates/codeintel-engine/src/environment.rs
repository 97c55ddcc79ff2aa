//! What installed packages mean for the facts of a repository.

use std::collections::BTreeSet;

use codeintel_base::ContentHash;
use codeintel_system::{InstalledPackage, PackageMetadata, normalized_package_name};
use rustc_hash::FxHashMap;

/// What tells the installed packages from others.
pub(crate) fn stamp(packages: &[InstalledPackage]) -> ContentHash {
    let stamps: Vec<String> = packages.iter().map(InstalledPackage::stamp).collect();
    ContentHash::of(stamps.join("\n").as_bytes())
}

/// The top-level modules of installed packages that need a project, directly or through others: what they say may depend on
/// the project's files.
pub(crate) fn dependents(project: &str, packages: &[InstalledPackage]) -> Vec<String> {
    let metadata: Vec<PackageMetadata> = packages.iter().map(InstalledPackage::metadata).collect();
    let needing = needing(project, &metadata);
    let modules = needing.into_iter().flat_map(|package| packages[package].modules());
    let tops = modules.map(|path| {
        let top = path.split('/').next().unwrap_or_default();
        let top = top.strip_suffix(".pyi").or_else(|| top.strip_suffix(".py")).unwrap_or(top);
        top.strip_suffix("-stubs").unwrap_or(top).to_owned()
    });
    tops.collect::<BTreeSet<String>>().into_iter().collect()
}

/// The places of the packages that need a project, directly or through others; not the project itself.
fn needing(project: &str, packages: &[PackageMetadata]) -> Vec<usize> {
    let mut needed_by: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (place, package) in packages.iter().enumerate() {
        for name in &package.requires {
            needed_by.entry(normalized_package_name(name)).or_default().push(place);
        }
    }
    let project = normalized_package_name(project);
    let mut names = vec![project.clone()];
    let mut found = BTreeSet::new();
    while let Some(name) = names.pop() {
        for place in needed_by.get(&name).into_iter().flatten() {
            let name = normalized_package_name(&packages[*place].name);
            if name != project && found.insert(*place) {
                names.push(name);
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_need_a_project_directly_or_through_others() {
        let package = |name: &str, requires: &[&str]| PackageMetadata {
            name: name.to_owned(),
            requires: requires.iter().map(|name| (*name).to_owned()).collect(),
        };
        let packages = [
            package("A", &["B_b"]),
            package("b.b", &["Flask"]),
            package("flask", &["click", "a"]),
            package("click", &[]),
        ];
        assert_eq!(needing("FLASK", &packages), [0, 1]);
        assert_eq!(needing("other", &packages), [0; 0]);
    }
}
