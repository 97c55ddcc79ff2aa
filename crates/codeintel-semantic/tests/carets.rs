//! What Python's names mean, written by hand below the lines of the fixtures.
//!
//! A comment points to a name of the line above: by carets below it, or by `<-` if the comment begins where the name does. Behind
//! it stand the roles that the name has there, or `implements`, and the symbol without `scip-python python demo 0`. In a file that
//! begins with `# exhaustive` nothing else may be found.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use codeintel_scip::{Occurrence, PlacedDocument, Role};
use codeintel_semantic::Level;

use self::common::{files, resolver};

/// What is said of a name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    /// From 0.
    line: u32,
    /// Bytes from the beginning of the line, the second behind the name.
    columns: (u32, u32),
    /// Roles between plus signs, `reference` if there are none, or `implements`.
    role: String,
    symbol: String,
}

/// The facts that a source's comments claim.
fn claimed(source: &str) -> BTreeSet<Fact> {
    let mut facts = BTreeSet::new();
    let mut above = (0, "");
    for (line, text) in (0..).zip(source.lines()) {
        match claim(above.1, text) {
            Some((columns, role, symbol)) => {
                facts.insert(Fact { line: above.0, columns, role: role.to_owned(), symbol: symbol.to_owned() });
            }
            None => above = (line, text),
        }
    }
    facts
}

/// Columns, role and symbol of a comment that points to a name of the line above.
fn claim<'t>(above: &str, text: &'t str) -> Option<((u32, u32), &'t str, &'t str)> {
    let comment = text.trim_start_matches(' ').strip_prefix('#')?.trim_start_matches(' ');
    let (start, length, rest) = if let Some(rest) = comment.strip_prefix("<-") {
        let start = text.find('#')?;
        let is_of_name = |char: &char| char.is_alphanumeric() || *char == '_';
        (start, above.chars().skip(start).take_while(is_of_name).count(), rest)
    } else {
        let rest = comment.trim_start_matches('^');
        (text.find('^')?, comment.len() - rest.len(), rest)
    };
    let bytes = |characters: usize| above.chars().take(characters).map(char::len_utf8).sum::<usize>() as u32;
    let (role, symbol) = rest.strip_prefix(' ').filter(|_| length > 0)?.split_once(' ')?;
    Some(((bytes(start), bytes(start + length)), role, symbol))
}

/// The facts of a document, but for the definition of its module, which has no name in the source.
fn found(document: &PlacedDocument) -> BTreeSet<Fact> {
    let mut facts = BTreeSet::new();
    for (occurrence, _) in &document.occurrences[1..] {
        let mut fact = |role: String, symbol: &str| {
            let Occurrence { range, .. } = occurrence;
            assert_eq!(range.start_line, range.end_line, "a name is on one line: {occurrence:?}");
            let symbol = symbol.strip_prefix("scip-python python ").unwrap_or(symbol);
            let symbol = symbol.strip_prefix("demo 0 ").unwrap_or(symbol).to_owned();
            facts.insert(Fact { line: range.start_line, columns: (range.start_col, range.end_col), role, symbol });
        };
        fact(roles(occurrence), &occurrence.symbol);
        if occurrence.is(Role::Definition) {
            let described = document.symbols.iter().filter(|symbol| symbol.symbol == occurrence.symbol);
            for relationship in described.flat_map(|symbol| &symbol.relationships) {
                assert!(relationship.is_implementation, "{relationship:?}");
                fact("implements".to_owned(), &relationship.symbol);
            }
        }
    }
    facts
}

fn roles(occurrence: &Occurrence) -> String {
    let names =
        [(Role::Definition, "definition"), (Role::Import, "import"), (Role::Write, "write"), (Role::Read, "read")];
    let has: Vec<&str> = names.into_iter().filter(|(role, _)| occurrence.is(*role)).map(|(_, name)| name).collect();
    if has.is_empty() { "reference".to_owned() } else { has.join("+") }
}

#[test]
fn names_stand_for_what_python_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = files(&root, "");
    let mut resolver = resolver(&root, &files);
    let mut differences = Vec::new();
    for file in &files {
        let source = fs::read_to_string(root.join(file.path.as_str())).unwrap();
        let document = resolver.document(&file.path, None, Level::Types).unwrap();
        let (claimed, found) = (claimed(&source), found(&document));
        let mut note = |what: &str, fact: &Fact| {
            let Fact { line, columns: (start, end), role, symbol } = fact;
            let text = source.lines().nth(*line as usize).and_then(|text| text.get(*start as usize..*end as usize));
            let text = text.unwrap_or_default();
            differences.push(format!("{}:{}:{start} `{text}` {what}: {role} {symbol}", file.path, line + 1));
        };
        claimed.difference(&found).for_each(|fact| note("is not", fact));
        if source.starts_with("# exhaustive") {
            found.difference(&claimed).for_each(|fact| note("should not be", fact));
        }
        let (module, _) = &document.occurrences[0];
        assert_eq!(last_part(&module.symbol), "__init__:", "{}", file.path);
        assert_eq!((module.range, roles(module).as_str()), (codeintel_scip::Range::default(), "definition"));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Whether a fact needs types: attributes but those of modules, keywords, and what is overridden.
fn needs_types(source: &str, fact: &Fact) -> bool {
    let line = source.lines().nth(fact.line as usize).unwrap();
    let (before, behind) = (&line[..fact.columns.0 as usize], &line[fact.columns.1 as usize..]);
    let is_import = fact.role.contains("import");
    let is_keyword = behind.starts_with('=') && !behind.starts_with("==") && before.ends_with(['(', ' ', ',']);
    let is_argument = is_keyword && before.contains('(') && !fact.role.contains("definition");
    let is_string = before.ends_with("[\"") || before.ends_with("['");
    !is_import && before.ends_with('.') || is_argument || fact.role == "implements" || is_string
}

#[test]
fn names_stand_for_the_same_without_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = files(&root, "");
    let mut resolver = resolver(&root, &files);
    let (mut differences, mut same) = (Vec::new(), 0);
    for file in &files {
        let source = fs::read_to_string(root.join(file.path.as_str())).unwrap();
        let document = resolver.document(&file.path, None, Level::Names).unwrap();
        let [mut claimed, mut found] = [claimed(&source), found(&document)];
        claimed.retain(|fact| !needs_types(&source, fact));
        same += claimed.intersection(&found).count();
        differences.extend(claimed.difference(&found).map(|fact| format!("{}: is not {fact:?}", file.path)));
        found.retain(|fact| !needs_types(&source, fact));
        if source.starts_with("# exhaustive") {
            differences.extend(found.difference(&claimed).map(|fact| format!("{}: should not be {fact:?}", file.path)));
        }
    }
    assert!(differences.is_empty() && same > 650, "{same} the same\n{}", differences.join("\n"));
}

fn last_part(symbol: &str) -> &str {
    symbol.rsplit('/').next().unwrap_or_default()
}
