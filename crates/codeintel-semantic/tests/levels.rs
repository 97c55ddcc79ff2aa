//! Without types, names, imports and definitions stand for the same as with types.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;
#[path = "common/packages.rs"]
mod packages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use codeintel_scip::{PlacedDocument, ReferenceKind, Role};
use codeintel_semantic::Level;
use rustc_hash::FxHashMap;

use self::common::{files, resolver};

type Place = (u32, u32);

/// Roles and symbols by place, with a local variable called after its first place.
fn occurrences(document: &PlacedDocument) -> BTreeMap<Place, BTreeSet<(u32, String)>> {
    let mut locals: FxHashMap<&str, Place> = FxHashMap::default();
    let mut found: BTreeMap<Place, BTreeSet<(u32, String)>> = BTreeMap::new();
    for (occurrence, place) in &document.occurrences {
        let symbol = if occurrence.symbol.starts_with("local ") {
            format!("{:?}", locals.entry(&occurrence.symbol).or_insert(*place))
        } else {
            occurrence.symbol.clone()
        };
        found.entry(*place).or_default().insert((occurrence.roles, symbol));
    }
    found
}

/// Whether what stands at a place is an attribute, or the name of a keyword argument.
fn needs_types(text: &str, (start, end): Place, roles: u32) -> bool {
    let (before, behind) = (&text[..start as usize], text[end as usize..].trim_start());
    let is_keyword = behind.starts_with('=') && !behind.starts_with("==") && roles == Role::Read as u32;
    let is_key = before.ends_with("[\"") || before.ends_with("['");
    before.trim_end().ends_with('.') && roles & Role::Import as u32 == 0 || is_keyword || is_key
}

fn check(root: &Path, folder: &str) {
    let files = files(root, folder);
    let (mut with_types, mut without) = (resolver(root, &files), resolver(root, &files));
    let (mut differences, mut same) = (Vec::new(), 0);
    for file in &files {
        let text = fs::read_to_string(root.join(file.path.as_str())).unwrap();
        let [types, names] = [(&mut with_types, Level::Types), (&mut without, Level::Names)]
            .map(|(resolver, level)| resolver.document(&file.path, None, level).unwrap());
        let coverage = |kind: ReferenceKind| {
            let of = |document: &PlacedDocument| document.coverage.iter().find(|found| found.kind == kind).cloned();
            (of(&types).unwrap(), of(&names).unwrap())
        };
        for kind in [ReferenceKind::Name, ReferenceKind::Import] {
            let (types, names) = coverage(kind);
            assert_eq!((types.total, types.resolved), (names.total, names.resolved), "{} {kind:?}", file.path);
        }
        let (types, names) = (occurrences(&types), occurrences(&names));
        let places: BTreeSet<Place> = types.keys().chain(names.keys()).copied().collect();
        let none = BTreeSet::new();
        for place in places {
            let (types, names) = (types.get(&place).unwrap_or(&none), names.get(&place).unwrap_or(&none));
            let roles = types.iter().chain(names).fold(0, |roles, (more, _)| roles | more);
            if needs_types(&text, place, roles) {
                continue;
            }
            if types == names {
                same += 1;
            } else {
                let spelled = &text[place.0 as usize..place.1 as usize];
                differences.push(format!("{}: `{spelled}` {types:?} {names:?}", file.path));
            }
        }
    }
    assert!(differences.is_empty() && same > 2_500, "{folder}: {same} the same\n{}", differences.join("\n"));
}

#[test]
fn names_need_no_types() {
    if let Some(environment) = packages::environment() {
        packages::for_each(&environment, check);
    }
}
