//! `codeintel trust`

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;

use super::Context;
use crate::args::{DatabaseArgs, TrustArgs};
use crate::errors::FINDINGS;
use crate::output;
use codeintel_settings::{GuardedSetting, Settings};

pub(super) fn run(args: &TrustArgs) -> anyhow::Result<ExitCode> {
    let mut out = output::stdout();
    // Whether it is trusted already is of no interest, nor are warnings that it is not.
    let context = Context::without_database(&args.path, &DatabaseArgs { trust: true, ..DatabaseArgs::default() })?;
    let (root, settings) = (context.system.root(), context.settings.guarded());
    let trusted = context.settings.trusted_repositories();
    let trusted =
        trusted.context("there is no folder for the user's configurations: set `HOME` or `XDG_CONFIG_HOME`")?;
    let shown = root.display();
    if args.list {
        for repository in trusted.all()? {
            let now = Settings::read(&repository.root, true);
            let state = match now {
                _ if !repository.root.exists() => "gone",
                Ok(now) if trusted.has(&repository.root, now.guarded()) => "trusted",
                _ => "its settings have changed since, so it is not trusted",
            };
            writeln!(out, "{}: {state}", repository.root.display())?;
            for setting in &repository.settings {
                writeln!(out, "  {setting}")?;
            }
        }
        out.flush()?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.revoke {
        let was_trusted = trusted.revoke(root)?;
        writeln!(out, "{shown} {}", if was_trusted { "is not trusted any more" } else { "was not trusted" })?;
        out.flush()?;
        return Ok(if was_trusted { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) });
    }
    trusted.grant(root, settings).context("the trust cannot be written down")?;
    writeln!(
        out,
        "{shown} is trusted now, with {}",
        if settings.is_empty() { "no settings that need it" } else { "these settings:" }
    )?;
    for GuardedSetting { file, key, value } in settings {
        writeln!(out, "  {file}: {key} = {value}")?;
    }
    writeln!(
        out,
        "Tools that lie in its `.venv` and `node_modules` may be run, and a database that lies in it is opened, whoever has made it.\n\
         `codeintel trust --revoke` takes it back."
    )?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
