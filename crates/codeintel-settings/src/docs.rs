//! The page and the schemas in `docs`, which are made from the definitions. `cargo xtask docs` writes them.

use std::path::Path;
use std::{env, fs};

use codeintel_system::DEFAULT_IGNORED_DIRS;

use crate::definitions::SETTINGS;
use crate::kinds::quoted;
use crate::schema::schema;

const BEFORE: &str = r"# Settings

Settings can be set in these places. Later places win.

| place | form |
|---|---|
| the user's own file | `codeintel/config.toml` in `$XDG_CONFIG_HOME`, else in `~/.config` |
| `pyproject.toml` | the table `[tool.codeintel]` |
| `codeintel.toml` | the whole file |
| environment | variables; the items of a list are separated by commas |
| command line | flags, in the commands whose `--help` lists them |

`scip.mode` is the key `mode` in the table `scip`. Relative paths start at the repository's root, those
of flags at the working directory. Where the default is given in words, `0`, an empty text or an empty
list selects it. An unknown setting or a wrong value is an error that names the file with line and
column, the variable or the flag. `codeintel config` prints every value and its source.

Some values let a repository run programs, read or write outside of itself, or use much of the machine.
They are in the last column. In a file of the repository they count only if the repository is
[trusted](trust.md).

";

const AFTER: &str = r#"
## In an editor

[codeintel.schema.json](codeintel.schema.json) is the JSON schema (draft 7) of `codeintel.toml`. Editors that
use Taplo, such as VS Code with Even Better TOML, complete and check the file with it:

```console
$ codeintel config --schema codeintel.toml > codeintel.schema.json
```

```toml
#:schema ./codeintel.schema.json
jobs = 4
scip.mode = "full"
```

For settings in `pyproject.toml`, use the output of `codeintel config --schema pyproject.toml` in the same
way. It describes the table `[tool.codeintel]` and allows everything else. Taplo checks a file against
one schema, so the comment replaces the schema that the editor brings for `pyproject.toml`.
"#;

fn page() -> String {
    let mut page = BEFORE.to_owned();
    page += "| setting | meaning | default | variable | flag | needs trust |\n|---|---|---|---|---|---|\n";
    for setting in SETTINGS {
        let flag = setting.flag.map_or(String::new(), |flag| match flag.short {
            Some(short) => format!("`-{short}`, `--{}`", flag.long),
            None => format!("`--{}`", flag.long),
        });
        let default = setting.otherwise.map_or_else(|| format!("`{}`", setting.shown_default()), str::to_owned);
        page += &format!(
            "| `{}` | {} | {default} | `{}` | {flag} | {} |\n",
            setting.key,
            setting.doc,
            setting.variable(),
            setting.shown_guard().unwrap_or_default()
        );
    }
    page += &format!("\nFolders that `ignore_dirs` leaves out by default: {}.\n", quoted(DEFAULT_IGNORED_DIRS));
    page + AFTER
}

/// Compare a file with what it must say, or write it.
fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "docs/{file} is out of date: run `cargo xtask docs`");
}

#[test]
fn the_page_of_settings_is_that_of_the_code() {
    check("settings.md", &page());
}

#[test]
fn the_schema_of_settings_is_that_of_the_code() {
    check("codeintel.schema.json", &format!("{:#}\n", schema("codeintel.toml").unwrap()));
}
