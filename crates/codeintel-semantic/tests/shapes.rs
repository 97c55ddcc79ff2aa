//! Sources of odd shapes end soon, and cost their neighbours nothing.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so and stops")]

#[path = "common/options.rs"]
mod options;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use codeintel_base::{ContentHash, RepoPath};
use codeintel_semantic::{DocumentError, Level, ProjectFile, ReadSource, Resolver};

use self::options::options;

const GOOD: &str = "import odd\ndef good(x: int) -> int:\n    return odd.x\n\n\nvalue = good(1)\n";

struct Texts(Vec<(String, String)>);

impl ReadSource for Texts {
    fn read(&self, path: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, text)| text.clone())
    }
}

fn resolver(texts: Vec<(String, String)>) -> Resolver {
    let file = |(path, text): &(String, String)| ProjectFile {
        path: RepoPath::new(path.as_ref()).unwrap(),
        hash: ContentHash::of(text.as_bytes()),
        module: path.strip_suffix(".py").unwrap().to_owned(),
    };
    let files: Vec<ProjectFile> = texts.iter().map(file).collect();
    Resolver::new(options(Path::new("/w")), &files, Arc::new(Texts(texts)))
}

/// A file is too large for types for a reason, has so many occurrences without them, and its neighbour is complete.
fn check(text: String, reason: &'static str, occurrences: usize) {
    let run = move || {
        let path = |path: &str| RepoPath::new(path.as_ref()).unwrap();
        let texts = [("odd.py".to_owned(), text), ("good.py".to_owned(), GOOD.to_owned())];
        let mut resolver = resolver(texts.to_vec());
        let good = resolver.document(&path("good.py"), None, Level::Types).unwrap();
        let odd = good.occurrences.iter().filter(|(found, _)| found.symbol.ends_with(" odd/x."));
        assert_eq!(odd.count(), 1, "{:?}", good.unresolved);
        assert_eq!(good.unresolved.len(), 0);
        match resolver.document(&path("odd.py"), None, Level::Types) {
            Err(DocumentError::TooLarge { what }) => assert!(what.contains(reason), "{what}"),
            other => panic!("{other:?}"),
        }
        let odd = resolver.document(&path("odd.py"), None, Level::Names).unwrap();
        assert_eq!(odd.occurrences.len(), occurrences);
    };
    // As the engine has it: parsers and visitors follow deep expressions by calling themselves.
    thread::Builder::new().stack_size(512 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn shapes_that_types_take_minutes_for_have_names() {
    check("x = 1\n".repeat(50_000), "50000 bindings; the limit", 50_001);
    check(format!("x = {}b\n", "a and ".repeat(20_000)), "20001 operands", 2);
    check(format!("x = a{}\n", ".b".repeat(5_000)), "5000 attributes", 2);
    check(format!("if a: pass\n{}x = 1\n", "elif b: pass\n".repeat(20_000)), "20001 branches", 2);
    check(format!("x = {}z{}\n", "[y for y in ".repeat(10_000), "]".repeat(10_000)), "nested comprehensions", 20_002);
    check(format!("x = {}1{}\n", "{1:".repeat(10_000), "}".repeat(10_000)), "levels of nesting", 2);
    check(format!("x = 1\n{}", "def (\n".repeat(50_000)), "bindings", 2);
    check(format!("x = [{}]\n", "1,".repeat(5_000_000)), "bytes", 2);
    let method = |name: usize| format!("    def m{name}(self, y):\n        self.a{name} = self.m{name}(y)\n");
    let methods: String = (0..2_000).map(method).collect();
    // Of each method: itself, two parameters, what is written, `self` twice, `y`.
    check(format!("x = 1\nclass C:\n{methods}"), "pairs of methods and attributes", 3 + 7 * 2_000);
}

#[test]
fn a_cycle_of_star_imports_ends() {
    let module = |number: usize| {
        let (next, other) = ((number + 1) % 500, (number + 7) % 500);
        let text =
            format!("from m{next} import *\nfrom m{other} import f{other}\ndef f{number}(x): return f{next}(x)\n");
        (format!("m{number}.py"), text)
    };
    let mut texts: Vec<(String, String)> = (0..500).map(module).collect();
    texts.push(("good.py".to_owned(), "from m3 import f3\nf3(1)\n".to_owned()));
    let mut resolver = resolver(texts);
    let mut document = |path: &str, level| resolver.document(&RepoPath::new(path.as_ref()).unwrap(), None, level);
    let good = document("good.py", Level::Types).unwrap();
    assert_eq!(good.occurrences.iter().filter(|(found, _)| found.symbol.ends_with(" m3/f3().")).count(), 2);
    for number in 0..500 {
        let path = format!("m{number}.py");
        match document(&path, Level::Types) {
            Err(DocumentError::TooLarge { what }) => {
                assert_eq!(what, "500 modules import each other with `*`; the limit is 50");
            }
            other => panic!("{other:?}"),
        }
        let names = document(&path, Level::Names).unwrap();
        let next = format!(" m{0}/f{0}().", (number + 1) % 500);
        assert!(names.occurrences.iter().any(|(found, _)| found.symbol.ends_with(&next)), "{path}");
    }
}
