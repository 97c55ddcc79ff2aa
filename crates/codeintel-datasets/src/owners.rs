//! `CODEOWNERS`: who answers for which file.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The rules of a `CODEOWNERS` file.
#[derive(Debug, Default)]
pub struct CodeOwners {
    /// The owners of each pattern of `globs`.
    owners: Vec<Vec<String>>,
    globs: GlobSet,
}

impl CodeOwners {
    /// Read the text of a `CODEOWNERS` file. Lines with a pattern that cannot be read are returned beside the rules.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        let mut owners = Vec::new();
        let mut globs = GlobSetBuilder::new();
        let mut unreadable = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '[']) {
                continue;
            }
            let words = words(line);
            let names: Vec<String> = words[1..].iter().take_while(|word| !word.starts_with('#')).cloned().collect();
            let Ok(rule) = rule_globs(&words[0]) else {
                unreadable.push(line.to_owned());
                continue;
            };
            for glob in rule {
                globs.add(glob);
                owners.push(names.clone());
            }
        }
        match globs.build() {
            Ok(globs) => (Self { owners, globs }, unreadable),
            Err(error) => (Self::default(), vec![error.to_string()]),
        }
    }

    /// The owners of a file: those of the last rule that matches.
    pub fn owners_of(&self, path: &str) -> &[String] {
        self.globs.matches(path).last().map_or(&[], |rule| &self.owners[*rule])
    }
}

/// Split at white space; `\ ` is a space inside a pattern.
fn words(line: &str) -> Vec<String> {
    let joined = line.replace("\\ ", "\0");
    joined.split_whitespace().map(|word| word.replace('\0', " ")).collect()
}

/// A pattern is that of `.gitignore`: anchored if it has a `/` before its end, and it holds for all below a folder.
fn rule_globs(pattern: &str) -> Result<Vec<globset::Glob>, globset::Error> {
    let is_folder = pattern.ends_with('/');
    let trimmed = pattern.trim_end_matches('/');
    let anchored = match trimmed.strip_prefix('/') {
        Some(anchored) => anchored.to_owned(),
        None if trimmed.contains('/') => trimmed.to_owned(),
        None => format!("**/{trimmed}"),
    };
    let glob = |text: &str| GlobBuilder::new(text).literal_separator(true).build();
    let below = format!("{anchored}/**");
    Ok(match (is_folder, anchored.ends_with('*')) {
        (true, _) => vec![glob(&below)?],
        // `docs/*` holds for the files of the folder itself only.
        (false, true) if anchored.contains('/') && !anchored.starts_with("**/") => vec![glob(&anchored)?],
        (false, _) => vec![glob(&anchored)?, glob(&below)?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of GitHub's "About code owners".
    #[test]
    fn the_last_matching_line_wins() {
        let (owners, unreadable) = CodeOwners::parse(
            "# comment\n*       @global1 @global2\n*.js    @js # inline\n/build/logs/ @doctocat\ndocs/*  docs@example.com\n\
             apps/ @octocat\n/scripts/ @doctocat\n**/logs @logs\n/apps/github\n/with\\ space.py @space\n",
        );
        assert!(unreadable.is_empty());
        let check = |path: &str, expected: &[&str]| assert_eq!(owners.owners_of(path), expected, "{path}");
        check("a.py", &["@global1", "@global2"]);
        check("x/y.js", &["@js"]);
        check("build/logs/x.py", &["@logs"]);
        check("deep/logs/x.py", &["@logs"]);
        check("docs/getting.py", &["docs@example.com"]);
        check("docs/build-app/trouble.py", &["@global1", "@global2"]);
        check("deep/apps/x.py", &["@octocat"]);
        check("scripts/deep/x.py", &["@doctocat"]);
        check("apps/github/x.py", &[]);
        check("with space.py", &["@space"]);
    }

    #[test]
    fn lines_that_cannot_be_read_are_named() {
        let (owners, unreadable) = CodeOwners::parse("[Section]\na[ @x\n/b.py @y\n");
        assert_eq!(unreadable, ["a[ @x"]);
        assert_eq!(owners.owners_of("b.py"), ["@y"]);
    }
}
