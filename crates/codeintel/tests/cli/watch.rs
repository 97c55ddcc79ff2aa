//! `codeintel watch`: every change is followed, and the database is free in between.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::Sandbox;

const PACKAGE: &str = "#- pk/__init__.py\n#- pk/base.py\nclass B: pass\n#- pk/a.py\nclass C:\n    def m(self): return 0\n#- pk/b.py\nfrom pk.a import C\nC().m()\n";

struct Watch {
    process: Child,
    summaries: Receiver<Value>,
}

impl Watch {
    fn start(sandbox: &Sandbox) -> Self {
        let args = ["watch", "--repo", "o/r", "--format", "json", "--quiet"];
        let mut process = sandbox.command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, summaries) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _nobody_waits = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { process, summaries }
    }

    /// The next summaries until nothing more comes, added up: files that were added, changed and deleted, and new documents.
    fn refreshed(&self) -> [u64; 4] {
        let mut sums = [0; 4];
        let mut patience = Duration::from_mins(1);
        while let Ok(summary) = self.summaries.recv_timeout(patience) {
            let counts = [&summary["added"], &summary["changed"], &summary["deleted"], &summary["scip"]["indexed"]];
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum += count.as_u64().unwrap();
            }
            patience = Duration::from_secs(3);
        }
        sums
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn what_changes_is_followed_and_the_database_is_free_in_between() {
    let sandbox = Sandbox::new(PACKAGE);
    let watch = Watch::start(&sandbox);
    let called = || {
        sandbox.query(
            "SELECT split_part(symbol, ' ', 5) FROM scip.occurrences
             WHERE rel_path = 'pk/b.py' AND start_line = 1 AND symbol LIKE '%m().'",
        )
    };
    assert_eq!(watch.refreshed(), [4, 0, 0, 4]);
    assert_eq!(called(), ["`pk.a`/C#m()."]);
    sandbox.assert_verified();

    sandbox.write("pk/a.py", "class C:\n    def m(self): return 1\n");
    assert_eq!(watch.refreshed(), [0, 1, 0, 1], "a body");
    sandbox.write("pk/base.py", "class B:\n    def m(self): pass\n");
    sandbox.write("pk/a.py", "from pk.base import B\nclass C(B): pass\n");
    assert_eq!(watch.refreshed(), [0, 2, 0, 3], "a method that moves");
    assert_eq!(called(), ["`pk.base`/B#m()."]);
    sandbox.assert_verified();

    sandbox.write("other/deep/c.py", "from pk.a import C\n");
    assert_eq!(watch.refreshed()[0], 1, "a file in a new folder");
    std::fs::remove_dir_all(sandbox.path("other")).unwrap();
    assert_eq!(watch.refreshed(), [0, 0, 1, 0]);
    sandbox.write("codeintel.toml", "exclude_patterns = [\"pk/b.py\"]\n");
    assert_eq!(watch.refreshed(), [0, 0, 1, 0], "settings are followed, too");
    sandbox.assert_verified();
}

#[test]
fn another_branch_is_followed() {
    let sandbox = Sandbox::new(PACKAGE);
    for args in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "one"], &["checkout", "-qb", "topic"]] {
        sandbox.git(args);
    }
    sandbox.write("pk/a.py", "class C:\n    def k(self): pass\n");
    sandbox.git(&["commit", "-qam", "two"]);
    let watch = Watch::start(&sandbox);
    assert_eq!(watch.refreshed(), [4, 0, 0, 4]);
    sandbox.git(&["checkout", "-q", "main"]);
    assert_eq!(watch.refreshed(), [0, 1, 0, 2]);
    sandbox.assert_verified();
    sandbox.git(&["checkout", "-q", "topic"]);
    assert_eq!(watch.refreshed(), [0, 1, 0, 0], "its facts were kept");
    sandbox.assert_verified();
}
