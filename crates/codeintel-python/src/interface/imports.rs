//! Import statements.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

/// What one import statement names: a module, or names in a module.
///
/// Its text has no blanks: `a.b` for `import a.b`, `a.b:c,d` for `from a.b import c, d`, with the dots of a relative
/// import before the module and `*` among the names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Import {
    /// How many dots a relative import begins with.
    pub level: u32,
    /// The dotted name of the module; empty in `from . import a`.
    pub module: String,
    /// The names taken from the module, sorted; none where the module itself is imported.
    pub names: Option<Vec<String>>,
}

impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..self.level {
            f.write_str(".")?;
        }
        f.write_str(&self.module)?;
        match &self.names {
            Some(names) => write!(f, ":{}", names.join(",")),
            None => Ok(()),
        }
    }
}

impl FromStr for Import {
    type Err = std::convert::Infallible;

    /// Read what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (module, names) = match text.split_once(':') {
            Some((module, names)) => {
                (module, Some(names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
            }
            None => (text, None),
        };
        let name = module.trim_start_matches('.');
        Ok(Self { level: (module.len() - name.len()) as u32, module: name.to_owned(), names })
    }
}

/// All imports of a file, sorted, each once.
pub(super) fn all(body: &[Stmt]) -> Vec<Import> {
    let mut imports = Imports::default();
    imports.visit_body(body);
    imports.0.into_iter().collect()
}

#[derive(Default)]
struct Imports(BTreeSet<Import>);

impl<'a> Visitor<'a> for Imports {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                let modules = import.names.iter().filter(|alias| !alias.name.is_empty());
                self.0.extend(modules.map(|alias| Import { level: 0, module: alias.name.to_string(), names: None }));
            }
            Stmt::ImportFrom(import) => {
                let mut names: Vec<String> = import.names.iter().map(|alias| alias.name.to_string()).collect();
                names.retain(|name| !name.is_empty());
                names.sort();
                names.dedup();
                let module = import.module.as_ref().map(ToString::to_string).unwrap_or_default();
                self.0.insert(Import { level: import.level, module, names: Some(names) });
            }
            _ => walk_stmt(self, statement),
        }
    }

    // No statement is inside of an expression.
    fn visit_expr(&mut self, _: &'a Expr) {}
}
