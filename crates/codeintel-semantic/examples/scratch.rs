use std::path::{Path, PathBuf};
use std::sync::Arc;
use codeintel_base::{ContentHash, RepoPath};
use codeintel_semantic::*;
struct R(PathBuf);
impl ReadSource for R { fn read(&self, p: &str) -> Option<String> { std::fs::read_to_string(self.0.join(p)).ok() } }
fn walk(root: &Path, d: &Path, out: &mut Vec<String>) {
    let mut es: Vec<_> = std::fs::read_dir(d).unwrap().map(|e| e.unwrap()).collect();
    es.sort_by_key(|e| e.path());
    for e in es { let p = e.path(); if p.is_dir() { walk(root, &p, out) } else if p.extension().is_some_and(|x| x == "py" || x == "pyi") { out.push(p.strip_prefix(root).unwrap().to_str().unwrap().to_owned()); } }
}
fn run() {
    let a: Vec<String> = std::env::args().collect();
    let root = PathBuf::from(&a[1]).canonicalize().unwrap();
    let src = a.get(2).cloned().unwrap_or_default();
    let only: Vec<String> = a.iter().skip(3).cloned().collect();
    let mut paths = vec![]; walk(&root, &root, &mut paths);
    let files: Vec<ProjectFile> = paths.iter().map(|p| {
        let m = p.strip_prefix(&format!("{src}/")).unwrap_or(p);
        let m = m.trim_end_matches(".pyi").trim_end_matches(".py"); let m = m.strip_suffix("/__init__").unwrap_or(m).replace('/', ".");
        ProjectFile { path: RepoPath::new(p.as_ref()).unwrap(), hash: ContentHash::of(&std::fs::read(root.join(p)).unwrap()), module: m } }).collect();
    let o = ResolverOptions { root: root.clone(), import_roots: if src.is_empty() { vec!["".into()] } else { vec![src, "".into()] }, site_packages: vec![], packages: vec![], python_version: (3, 13), project: ("demo".into(), "0".into()) };
    let mut r = Resolver::new(o, &files, Arc::new(R(root)));
    let mut n = 0; let mut cov = std::collections::BTreeMap::new();
    for f in &files {
        if !only.is_empty() && !only.iter().any(|x| x == f.path.as_str()) { continue; }
        match r.document(&f.path) {
            Ok(d) => { n += d.occurrences.len(); for c in &d.coverage { let e: &mut (u32,u32) = cov.entry(c.kind).or_default(); e.0 += c.total; e.1 += c.resolved; }
              if !only.is_empty() { for (o, _) in &d.occurrences { println!("{}:{}-{}:{} {:>3} {}", o.range.start_line+1, o.range.start_col, o.range.end_line+1, o.range.end_col, o.roles, o.symbol); } for u in &d.unresolved { println!("UNRESOLVED {}:{} {} {:?} {}", u.range.start_line+1, u.range.start_col, u.text, u.kind, u.reason); } } },
            Err(e) => println!("ERR {}: {e}", f.path),
        }
    }
    println!("{} files {n} occurrences {cov:?}", files.len());
}
fn main() { std::thread::Builder::new().stack_size(512 << 20).spawn(run).unwrap().join().unwrap(); }
