//! `casebook export`: takes clinical data out.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use edc::export::{ExportRequest, Progress, export, format_named};
use formats::export::{ExportOptions, Sink};

use crate::{
    assembly::{Assembly, terminal},
    cli::Export,
    config::Config,
    progress::counter,
    sink::{Folder, OneFile},
};

pub async fn run(args: Export) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let options = ExportOptions {
        trail: args.trail,
        language: args.language,
        encoding: args.encoding,
        authority: args.authority,
        ..ExportOptions::default()
    };
    let chosen = (format_named(&args.format)?.make)(&options);
    let one_file = chosen.one_stream() && !args.files && args.out.extension().is_some();
    let sink: Box<dyn Sink + Send> = if one_file {
        Box::new(OneFile(args.out.clone()))
    } else {
        Box::new(Folder(args.out.clone()))
    };
    let request = ExportRequest {
        format: args.format,
        as_of: args.as_of,
        site: args.site.as_deref().map(Into::into),
        forms: args.form.iter().map(|form| form.as_str().into()).collect(),
        options,
        files: args.files,
        source_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let bar = counter("exporting", "records");
    let shown = bar.clone();
    let progress: Progress = Arc::new(move |done| shown.set_position(done));
    let study = args.study.as_str().into();
    let context = terminal(args.unblinded);
    let exported = export(&assembly.edc, &context, &study, request, sink, progress).await?;
    bar.finish_and_clear();
    if !one_file {
        std::fs::write(args.out.join("manifest.json"), &exported.manifest)?;
    }
    if args.json {
        print!("{}", exported.manifest);
    } else {
        for file in &exported.files {
            println!("{:>10} rows {:>12} values  {}", file.rows, file.values, file.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}
