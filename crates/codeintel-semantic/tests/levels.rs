//! Without types, names, imports and definitions stand for the same as with types.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;
#[path = "common/packages.rs"]
mod packages;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use codeintel_scip::{Coverage, PlacedDocument, ReferenceKind, Role};
use codeintel_semantic::Level;
use rustc_hash::FxHashMap;

use self::common::{files, resolver};

/// Names that only one level knows. `Optional["Counter"]` is a value here, which types do not look into.
const KNOWN: [(&str, &str); 1] = [("libcst/tests/test_type_enforce.py", "Counter")];

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

/// Whether what stands at a place is an attribute or the name of a keyword argument.
fn needs_types(text: &str, (start, end): Place, roles: u32) -> bool {
    let (before, behind) = (&text[..start as usize], text[end as usize..].trim_start());
    let is_keyword = behind.starts_with('=') && !behind.starts_with("==") && roles == Role::Read as u32;
    before.trim_end().ends_with('.') && roles & Role::Import as u32 == 0 || is_keyword
}

fn check(root: &Path, folder: &str) {
    let files = files(root, folder);
    let (mut with_types, mut without) = (resolver(root, &files), resolver(root, &files));
    let (mut differences, mut same) = (Vec::new(), 0);
    for file in &files {
        let text = fs::read_to_string(root.join(file.path.as_str())).unwrap();
        let [types, names] = [(&mut with_types, Level::Types), (&mut without, Level::Names)]
            .map(|(resolver, level)| resolver.document(&file.path, None, level).unwrap());
        let imports = |document: &PlacedDocument| {
            let is_import = |found: &&Coverage| found.kind == ReferenceKind::Import;
            document.coverage.iter().find(is_import).map(|found| (found.total, found.resolved))
        };
        assert_eq!(imports(&types), imports(&names), "{}", file.path);
        let (types, names) = (occurrences(&types), occurrences(&names));
        let places: BTreeSet<Place> = types.keys().chain(names.keys()).copied().collect();
        let none = BTreeSet::new();
        for place in places {
            let (types, names) = (types.get(&place).unwrap_or(&none), names.get(&place).unwrap_or(&none));
            let roles = types.iter().chain(names).fold(0, |roles, (more, _)| roles | more);
            if needs_types(&text, place, roles) {
                continue;
            }
            // The key of a typed dictionary is a string that stands for a field.
            let is_key = text[..place.0 as usize].ends_with(['"', '\''])
                && names.is_empty()
                && types.iter().all(|(_, symbol)| symbol.contains('#') && symbol.ends_with('.'));
            if is_key {
                continue;
            }
            if KNOWN.contains(&(file.path.as_str(), &text[place.0 as usize..place.1 as usize])) && types.is_empty() {
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
        packages::for_each(&environment, |_| true, check);
    }
}
