//! `casebook backup`: copies the database while it is in use, then the files that it names.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use edc::FileFolder;
use store::Sqlite;

use crate::{
    assembly::{DATABASE, files_folder},
    cli::Backup,
    config::Config,
};

pub async fn run(args: Backup) -> Result<ExitCode> {
    let config = Config::new(&args.place, None)?;
    if config.database.is_some() {
        bail!("a PostgreSQL database is copied with pg_dump");
    }
    let (from, to) = (config.data.join(DATABASE), args.out);
    if !from.exists() {
        bail!("there is no database at {}", from.display());
    }
    let target = to.clone();
    tokio::task::spawn_blocking(move || Sqlite::open(&from)?.backup(&target))
        .await?
        .with_context(|| format!("cannot copy to {}", to.display()))?;
    println!("copied to {}", to.display());
    let (files, beside) = (files_folder(&config), to.with_extension("files"));
    if files.exists() {
        let target = beside.clone();
        let copied =
            tokio::task::spawn_blocking(move || FileFolder::open(&files)?.copy_to(&target));
        let copied =
            copied.await?.with_context(|| format!("cannot copy to {}", beside.display()))?;
        println!("copied {copied} attached files to {}", beside.display());
    }
    Ok(ExitCode::SUCCESS)
}
