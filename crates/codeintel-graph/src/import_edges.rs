//! Which file imports which, as a graph.

use std::collections::{BTreeMap, BTreeSet};

use crate::components::{components, layers};

/// A name that an import statement binds, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import<'a> {
    /// The file that imports.
    pub src_path: &'a str,
    /// The file that is imported; none where it is outside of the repository.
    pub dst_path: Option<&'a str>,
    /// Its module, or the package from outside.
    pub dst_module: &'a str,
    /// The name that is taken from it; none where the module itself is imported.
    pub name: Option<&'a str>,
    /// Line of the statement, from 1.
    pub line: i32,
    /// Whether only type checkers go there.
    pub is_type_checking: bool,
}

/// All imports of one file by another one, or of one package from outside by a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEdge<'a> {
    /// The file that imports.
    pub src_path: &'a str,
    /// The file that is imported; none where it is outside of the repository.
    pub dst_path: Option<&'a str>,
    /// Its module, or the package from outside.
    pub dst_module: &'a str,
    /// The names that are taken from it, sorted, each once.
    pub names: Vec<&'a str>,
    /// The first line on which it is imported.
    pub line: i32,
    /// Whether all of the imports are for type checkers only.
    pub is_type_checking: bool,
    /// How many other files of the repository the importing file imports.
    pub src_fan_out: u32,
    /// How many other files import what is imported.
    pub dst_fan_in: u32,
    /// The number of the cycle that both files are in, counted from 1 in the order of the cycles' first paths; none where the edge closes none.
    pub cycle: Option<u32>,
    /// The layer of the importing file: 0 where it imports no file but those of its own cycle, else one more than the highest that it imports.
    pub layer: u32,
}

/// The two ends of an edge. Files come before what is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ends<'a> {
    src_path: &'a str,
    is_external: bool,
    dst_path: Option<&'a str>,
    dst_module: &'a str,
}

impl Ends<'_> {
    /// Whether they are two.
    fn differ(&self) -> bool {
        self.dst_path != Some(self.src_path)
    }
}

/// The edges of some imports, sorted by the importing path and by what is imported, files first.
pub fn import_edges<'a>(imports: &[Import<'a>]) -> Vec<ImportEdge<'a>> {
    let mut edges: BTreeMap<Ends<'a>, Vec<&Import<'a>>> = BTreeMap::new();
    for import in imports {
        let Import { src_path, dst_path, dst_module, .. } = *import;
        edges.entry(Ends { src_path, is_external: dst_path.is_none(), dst_path, dst_module }).or_default().push(import);
    }
    let files: BTreeSet<&str> = edges.keys().flat_map(|ends| [Some(ends.src_path), ends.dst_path]).flatten().collect();
    let files: Vec<&str> = files.into_iter().collect();
    let number = |path: &str| files.binary_search(&path).expect("both ends of every edge are among the files");
    let mut targets: Vec<Vec<u32>> = vec![Vec::new(); files.len()];
    let mut fan_in: BTreeMap<(Option<&str>, &str), u32> = BTreeMap::new();
    for ends in edges.keys().filter(|ends| ends.differ()) {
        *fan_in.entry((ends.dst_path, ends.dst_module)).or_default() += 1;
        targets[number(ends.src_path)].extend(ends.dst_path.map(|dst| number(dst) as u32));
    }
    let components = components(&targets);
    let layers = layers(&targets, &components);
    // Files are numbered in the order of their paths.
    let mut cycles: Vec<&Vec<u32>> = components.iter().filter(|component| component.len() > 1).collect();
    cycles.sort_by_key(|component| component.iter().min());
    let mut cycle_of: Vec<Option<u32>> = vec![None; files.len()];
    for (cycle, component) in (1..).zip(cycles) {
        for file in component {
            cycle_of[*file as usize] = Some(cycle);
        }
    }
    let edge = |(ends, imports): (Ends<'a>, Vec<&Import<'a>>)| {
        let src = number(ends.src_path);
        let names: BTreeSet<&str> = imports.iter().filter_map(|import| import.name).collect();
        let cycle_of_dst = ends.dst_path.filter(|_| ends.differ()).and_then(|dst| cycle_of[number(dst)]);
        ImportEdge {
            src_path: ends.src_path,
            dst_path: ends.dst_path,
            dst_module: ends.dst_module,
            names: names.into_iter().collect(),
            line: imports.iter().map(|import| import.line).min().unwrap_or_default(),
            is_type_checking: imports.iter().all(|import| import.is_type_checking),
            src_fan_out: targets[src].len() as u32,
            dst_fan_in: fan_in.get(&(ends.dst_path, ends.dst_module)).copied().unwrap_or(0),
            cycle: cycle_of_dst.filter(|cycle| cycle_of[src] == Some(*cycle)),
            layer: layers[src],
        }
    };
    edges.into_iter().map(edge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Imports as `src>dst:name@line`, with `t` behind it where they are for type checkers; what has no ending is from outside.
    fn edges(imports: &str) -> Vec<String> {
        let import = |word: &'static str| {
            let (word, is_type_checking) = word.strip_suffix('t').map_or((word, false), |word| (word, true));
            let (src_path, rest) = word.split_once('>').unwrap();
            let (dst, rest) = rest.split_once(':').unwrap();
            let (name, line) = rest.split_once('@').unwrap();
            let file = dst.strip_suffix(".py");
            Import {
                src_path,
                dst_path: file.map(|_| dst),
                dst_module: file.unwrap_or(dst),
                name: (!name.is_empty()).then_some(name),
                line: line.parse().unwrap(),
                is_type_checking,
            }
        };
        let imports: Vec<Import<'static>> =
            imports.split_whitespace().map(|word| import(Box::leak(word.to_owned().into_boxed_str()))).collect();
        let shown = |edge: &ImportEdge<'_>| {
            let ImportEdge { src_path, dst_module, names, line, src_fan_out, dst_fan_in, cycle, layer, .. } = edge;
            let cycle = cycle.map_or(String::new(), |cycle| format!(" cycle {cycle}"));
            let for_types = if edge.is_type_checking { " t" } else { "" };
            format!(
                "{src_path}>{dst_module} [{}] @{line} {src_fan_out}/{dst_fan_in} layer {layer}{cycle}{for_types}",
                names.join(",")
            )
        };
        import_edges(&imports).iter().map(shown).collect()
    }

    #[test]
    fn imports_of_one_file_by_another_are_one_edge() {
        assert_eq!(edges("a.py>b.py:y@3 a.py>b.py:x@2t a.py>b.py:@5 a.py>b.py:x@9"), ["a.py>b [x,y] @2 1/1 layer 1"]);
        assert_eq!(edges("a.py>b.py:y@3t a.py>b.py:x@2t"), ["a.py>b [x,y] @2 1/1 layer 1 t"]);
    }

    #[test]
    fn cycles_are_numbered_by_their_first_paths() {
        assert_eq!(
            edges("z.py>y.py:@1 y.py>z.py:@1 a.py>b.py:@1 b.py>c.py:@1 c.py>a.py:@1 c.py>z.py:@2 x.py>a.py:@1"),
            [
                "a.py>b [] @1 1/1 layer 1 cycle 1",
                "b.py>c [] @1 1/1 layer 1 cycle 1",
                "c.py>a [] @1 2/2 layer 1 cycle 1",
                "c.py>z [] @2 2/2 layer 1",
                "x.py>a [] @1 1/2 layer 2",
                "y.py>z [] @1 1/2 layer 0 cycle 2",
                "z.py>y [] @1 1/1 layer 0 cycle 2",
            ]
        );
    }

    #[test]
    fn a_file_that_imports_itself_is_no_cycle_and_what_is_outside_no_layer() {
        assert_eq!(
            edges("a.py>a.py:x@1 a.py>os:path@2 b.py>os:@1"),
            ["a.py>a [x] @1 0/0 layer 0", "a.py>os [path] @2 0/2 layer 0", "b.py>os [] @1 0/2 layer 0",]
        );
    }
}
