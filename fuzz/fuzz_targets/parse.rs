//! Bytes of a source file to the rows of every dataset that is read from one file.
#![no_main]

use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::thread;

use codeintel_datasets::{Extraction, Maker, Parsed, RowsDigest, all_facts};
use codeintel_python::{Ast, Cst, Definition, ParsedFile, complaints};
use codeintel_system::decode;
use libfuzzer_sys::fuzz_target;

/// As the program's own workers have it.
const STACK_BYTES: usize = 512 << 20;

fuzz_target!(init: codeintel_fuzz::write_seeds("parse"), |bytes: &[u8]| {
    // One thread serves all inputs.
    static WORKER: OnceLock<Mutex<(mpsc::Sender<Vec<u8>>, mpsc::Receiver<()>)>> = OnceLock::new();
    let worker = WORKER.get_or_init(|| {
        let (sender, inputs) = mpsc::channel::<Vec<u8>>();
        let (done, receiver) = mpsc::channel();
        let work = move || {
            for input in inputs {
                extract(&input);
                if done.send(()).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().stack_size(STACK_BYTES).spawn(work).expect("the system can start a thread");
        Mutex::new((sender, receiver))
    });
    let worker = worker.lock().expect("a panic ends the process");
    worker.0.send(bytes.to_vec()).expect("the worker lives");
    worker.1.recv().expect("the worker lives");
});

fn extract(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let file = ParsedFile::parse(text);
    let problems = file.problems();
    let lines = file.lines().line_count();
    // The one behind a hundred says how many more there are.
    assert!(problems.len() <= 101);
    assert!(problems.iter().take(100).all(|problem| problem.lineno.is_some_and(|line| (1..=lines).contains(&line))));
    let ast = Ast::new(&file);
    let definitions = Definition::all(&file, &ast);
    let cst = Cst::new(&file, &ast);
    for (number, node) in ast.nodes.iter().enumerate() {
        assert!(node.parent.map_or(number == 0, |parent| (parent as usize) < number), "{node:?}");
        assert!(node.range.is_none_or(|(start, end)| file.text().get(start as usize..end as usize).is_some()));
    }
    let lost = complaints(&file, &cst);
    assert!(lost.is_empty(), "{lost:#?}\nin {:?}", file.text());
    let parsed = Parsed { file: &file, ast: &ast, definitions: &definitions };
    for facts in all_facts() {
        let Maker::Parse { rows, .. } = facts.maker else { continue };
        let (mut rows, tables) = (rows(), facts.tables);
        let extraction = Extraction { parsed: Some(parsed), problems: &problems };
        let mut digest = RowsDigest::new(facts.are_read());
        rows.extract(1, extraction, &mut |batches| assert_eq!(batches.len(), tables.len()), &mut digest);
        assert_eq!(rows.take().len(), tables.len());
    }
}
