//! The flags that set settings. They come from the definitions, which name the commands that take them.

use clap::builder::{PossibleValuesParser, TypedValueParser as _, ValueParser};
use clap::error::Error;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use codeintel_settings::{Definition, Flag, SETTINGS, Settings, Shape};
use toml::Value;

/// The settings that were given by flags, in a command that is named in their definitions.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingFlags(Vec<(&'static Definition, Value)>);

impl SettingFlags {
    /// Set what was given.
    pub(crate) fn apply(&self, settings: &mut Settings) {
        self.0.iter().for_each(|(definition, value)| settings.set_by_flag(definition, value));
    }
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let name = command.get_name().to_owned();
        let flags = SETTINGS.iter().filter_map(|definition| Some((definition, definition.flag?)));
        let taken = flags.filter(|(_, flag)| flag.commands.contains(&name.as_str()));
        command.args(taken.map(|(definition, flag)| arg(definition, flag)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |definition: &'static Definition| {
            // A flag that the command does not take is an error here.
            let values = matches.try_get_many::<Value>(definition.key).ok()??;
            Some((definition, values.cloned().reduce(joined)?))
        };
        Ok(Self(SETTINGS.iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The values of a list may be given by several flags.
fn joined(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Array(first), Value::Array(second)) => first.into_iter().chain(second).collect::<Vec<_>>().into(),
        (_, last) => last,
    }
}

fn arg(definition: &'static Definition, flag: Flag) -> Arg {
    let doc = definition.doc.trim_end_matches('.');
    let mut help = format!("{doc} [default: {}]", definition.shown_default());
    if definition.key != flag.long {
        help += &format!(" [setting: {}]", definition.key);
    }
    let action = match definition.shape {
        Shape::List | Shape::ListOf(_) => ArgAction::Append,
        _ => ArgAction::Set,
    };
    let arg = Arg::new(definition.key).long(flag.long).short(flag.short).value_name(flag.value_name);
    // The help text names them with their meaning.
    arg.help(help).action(action).value_parser(value_parser(definition)).hide_possible_values(true)
}

fn value_parser(definition: &'static Definition) -> ValueParser {
    let parse = |text: &str| definition.parse(text).map_err(|expected| format!("must be {expected}"));
    match definition.shape {
        Shape::OneOf(words) => PossibleValuesParser::new(words).try_map(move |word| parse(&word)).into(),
        // A path that is typed is meant from the working directory.
        Shape::Path(_) => ValueParser::new(move |text: &str| {
            let path = std::path::absolute(text).map_err(|error| error.to_string())?;
            parse(&path.to_string_lossy())
        }),
        _ => ValueParser::new(parse),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args;

    /// The commands by name, those below others, too.
    fn commands(command: &Command) -> Vec<&Command> {
        command.get_subcommands().flat_map(|command| [vec![command], commands(command)].concat()).collect()
    }

    #[test]
    fn every_command_that_a_setting_names_takes_its_flag_and_no_other_does() {
        let program = args::Args::command();
        let commands = commands(&program);
        for definition in SETTINGS {
            let Some(flag) = definition.flag else { continue };
            for name in flag.commands {
                assert!(commands.iter().any(|command| command.get_name() == *name), "there is no command {name}");
            }
            for command in &commands {
                let takes = command.get_arguments().any(|arg| arg.get_id() == definition.key);
                assert_eq!(
                    takes,
                    flag.commands.contains(&command.get_name()),
                    "{} --{}",
                    command.get_name(),
                    flag.long
                );
            }
        }
    }

    #[test]
    fn flags_become_values_and_wrong_ones_are_refused_by_clap() {
        let parse = |args: &[&str]| {
            let command = SettingFlags::augment_args(Command::new("ingest")).no_binary_name(true);
            command.try_get_matches_from(args).and_then(|matches| SettingFlags::from_arg_matches(&matches))
        };
        let check = |args: &[&str], expected: &[(&str, &str)]| {
            let given = parse(args).unwrap().0;
            let given: Vec<_> = given.iter().map(|(setting, value)| (setting.key, value.to_string())).collect();
            let expected: Vec<_> = expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
            assert_eq!(given, expected);
        };
        check(&[], &[]);
        check(&["-j", "4", "--db", "/a/b"], &[("db", "\"/a/b\""), ("jobs", "4")]);
        check(&["--datasets", "a,b", "--datasets", "c"], &[("datasets", "[\"a\", \"b\", \"c\"]")]);
        check(&["--tools", "none", "--scip-backend", "none"], &[("scip.backend", "\"none\""), ("tools.enabled", "[]")]);
        let here = std::env::current_dir().unwrap().join("x");
        check(&["--python", "x"], &[("python", &format!("\"{}\"", here.display()))]);
        let refused = |args: &[&str], expected: &str| {
            let error = parse(args).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().starts_with(expected), "{error}");
        };
        refused(
            &["--jobs", "many"],
            "error: invalid value 'many' for '--jobs <N>': must be a whole number of at least 0\n",
        );
        refused(&["--tools", "mypy"], "error: invalid value 'mypy' for '--tools <A,B>': must be a list of ");
        refused(
            &["--scip-backend", "x"],
            "error: invalid value 'x' for '--scip-backend <NAME>'\n  [possible values: native, ",
        );
        refused(&["--timeout", "1"], "error: unexpected argument '--timeout' found");
    }
}
