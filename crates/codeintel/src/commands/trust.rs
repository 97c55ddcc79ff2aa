//! `codeintel trust`

use std::io::Write as _;
use std::process::ExitCode;

use codeintel_settings::{GuardedSetting, Settings, TrustedRepositories};

use super::Context;
use crate::args::{Overrides, TrustArgs};
use crate::errors::{CommandError, FINDINGS};
use crate::output;
use crate::output::plain;

pub(super) fn run(args: &TrustArgs) -> Result<ExitCode, CommandError> {
    let mut out = output::stdout();
    let trusted = TrustedRepositories::of_this_user();
    let trusted = trusted.ok_or_else(|| {
        let text = "there is no user configuration folder: set `HOME` or `XDG_CONFIG_HOME`";
        CommandError::Failed(text.to_owned())
    })?;
    if args.list {
        for repository in trusted.all()? {
            let now = Settings::read(&repository.root, true);
            let state = match now {
                _ if !repository.root.exists() => "gone",
                Ok(now) if trusted.has(&repository.root, now.guarded()) => "trusted",
                _ => "not trusted: its settings have changed",
            };
            writeln!(out, "{}: {state}", plain(&repository.root.display().to_string()))?;
            for setting in &repository.settings {
                writeln!(out, "  {}", plain(setting))?;
            }
        }
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.revoke {
        // Whatever has become of the repository.
        let root = args.path.canonicalize().or_else(|_| std::path::absolute(&args.path))?;
        let was_trusted = trusted.revoke(&root)?;
        let shown = plain(&root.display().to_string());
        writeln!(out, "{shown} {}", if was_trusted { "is no longer trusted" } else { "was not trusted" })?;
        out.flush()?;
        return Ok(if was_trusted { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) });
    }
    // Whether it is trusted already is of no interest, nor are warnings that it is not.
    let context = Context::without_database(&args.path, &Overrides { trust: true, ..Overrides::default() })?;
    let (root, settings) = (context.system.root(), context.settings.guarded());
    let shown = plain(&root.display().to_string());
    let granted = trusted.grant(root, settings);
    granted.map_err(|error| CommandError::Failed(format!("the trust cannot be saved: {error}")))?;
    writeln!(
        out,
        "{shown} is now trusted{}",
        if settings.is_empty() { "; none of its settings need it" } else { " with these settings:" }
    )?;
    for GuardedSetting { file, key, value } in settings {
        writeln!(out, "  {file}: {key} = {}", plain(value))?;
    }
    writeln!(
        out,
        "Tools in its `.venv` and `node_modules` may be run, and a database in it is opened, whoever created it.\n\
         `codeintel trust --revoke` undoes this."
    )?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
