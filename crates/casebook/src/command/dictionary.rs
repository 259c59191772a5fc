//! `casebook dictionary`: loads and lists dictionaries of codes and terms.

use std::{
    fs::File,
    io::{BufReader, Read as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use edc::{DictionaryTerm, LoadDictionary, LoadFailure, Loaded};
use formats::table::{self, Table, TableFormat, TableOptions, TextEncoding};
use sha2::{Digest as _, Sha256};

use crate::{
    assembly::{Assembly, terminal},
    cli::{Dictionary, ImportDictionary},
    config::Config,
};

/// Read at a time for the hash of a file.
const HASHED_AT_A_TIME: usize = 1 << 20;

pub async fn run(args: Dictionary) -> Result<ExitCode> {
    match args {
        Dictionary::Import(import) => run_import(import).await,
        Dictionary::List { place, json } => {
            let assembly = Assembly::open(&Config::new(&place, None)?).await?;
            let found = assembly.edc.dictionaries().await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&found)?);
            } else {
                for one in found {
                    println!("{} {}: {} terms", one.dictionary, one.version, one.term_count);
                }
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn run_import(args: ImportDictionary) -> Result<ExitCode> {
    let load = LoadDictionary {
        terms: read(&args)?,
        source_sha256: sha256(&args.file)?,
        dictionary: args.dictionary,
        version: args.version,
    };
    let name = format!("{} {}", load.dictionary, load.version);
    let count = load.terms.len();
    if args.dry_run {
        load.check().map_err(told)?;
        println!("{name}: {count} terms can be loaded");
        return Ok(ExitCode::SUCCESS);
    }
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let loaded = assembly.edc.load_dictionary(&terminal(false), &load).await;
    match loaded.map_err(told)? {
        Loaded::Now => println!("{name}: {count} terms loaded"),
        Loaded::Before => println!("{name}: {count} terms were loaded before from the same file"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The failure, after every term at fault was named on standard error.
fn told(failure: LoadFailure) -> anyhow::Error {
    if let LoadFailure::Terms(faults) = &failure {
        for fault in faults {
            eprintln!("{fault}");
        }
    }
    failure.into()
}

fn read(args: &ImportDictionary) -> Result<Vec<DictionaryTerm>> {
    let name = args.file.display().to_string();
    let format = TableFormat::of_file(&name);
    let format = format.with_context(|| format!("{name} is no .csv, .txt, .tsv, .xpt or .xlsx"))?;
    let encoding = args.encoding.as_deref().map(|encoding| {
        TextEncoding::parse(encoding).with_context(|| format!("no encoding is called {encoding}"))
    });
    let input = File::open(&args.file).with_context(|| format!("cannot read {name}"))?;
    let options = TableOptions { encoding: encoding.transpose()?, sheet: None };
    let mut table = table::open(format, BufReader::new(input), &name, options)?;
    let (code, text) = (column(&*table, &args.code)?, column(&*table, &args.text)?);
    let parent = args.parent.as_deref().map(|parent| column(&*table, parent)).transpose()?;
    let mut terms = Vec::new();
    while let Some(mut row) = table.next_row()? {
        let mut cell = |at: usize| std::mem::take(&mut row.cells[at]).trim().to_owned();
        let parent_code = parent.map(&mut cell).filter(|parent| !parent.is_empty());
        let (code, text) = (cell(code), cell(text));
        let parent_code = parent_code.or_else(|| above(&code, &args.levels));
        terms.push(DictionaryTerm { code, text, parent_code });
    }
    Ok(terms)
}

fn column(table: &dyn Table, name: &str) -> Result<usize> {
    let place = table.columns().iter().position(|column| column == name);
    let Some(place) = place else {
        bail!("there is no column {name} among {}", table.columns().join(", "));
    };
    Ok(place)
}

/// The beginning of a code that is the code of the level above, by the lengths of codes.
fn above(code: &str, levels: &[usize]) -> Option<String> {
    let level = levels.iter().position(|length| *length == code.len())?;
    let length = levels.get(level.checked_sub(1)?)?;
    code.get(..*length).map(str::to_owned)
}

fn sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; HASHED_AT_A_TIME]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    Ok(journal::Hash(digest).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_code_belongs_to_follows_from_the_lengths_of_levels() {
        let atc = [1, 3, 4, 5, 7];
        assert_eq!(above("N02BE01", &atc).as_deref(), Some("N02BE"));
        assert_eq!(above("N02", &atc).as_deref(), Some("N"));
        assert_eq!(above("N", &atc), None);
        assert_eq!(above("N02BE0", &atc), None);
        assert_eq!(above("中文", &[3, 6]).as_deref(), Some("中"));
    }
}
