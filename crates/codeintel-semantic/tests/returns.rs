//! What functions without a return annotation return, as comments in a fixture say.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;

use std::path::Path;

use codeintel_base::RepoPath;
use codeintel_semantic::Level;
use rustc_hash::FxHashMap;

use self::common::{files, resolver};

#[test]
fn bodies_tell_what_they_return() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = files(&root, "returns");
    let text = std::fs::read_to_string(root.join("returns/functions.py")).unwrap();
    let path = RepoPath::new("returns/functions.py".as_ref()).unwrap();
    let document = resolver(&root, &files).document(&path, None, Level::Types).unwrap();
    let found: FxHashMap<u32, &str> = document.returned.iter().map(|(at, text)| (*at, text.as_str())).collect();
    let mut functions = 0;
    for (at, _) in text.match_indices("def ") {
        let line = text[at..].lines().next().unwrap();
        let expected = line.split_once("  # ").unwrap().1;
        assert_eq!(found.get(&(at as u32 + 4)).copied().unwrap_or("?"), expected, "{line}");
        functions += 1;
    }
    assert!(functions > 35 && found.len() < functions, "{functions}");
}
