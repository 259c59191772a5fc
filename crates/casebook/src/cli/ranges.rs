//! Arguments of `casebook ranges`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Place;

#[derive(Debug, Subcommand)]
pub enum Ranges {
    /// Load a table of reference ranges of laboratories; it replaces those of the laboratories and sites
    /// that it names.
    Import(ImportRanges),
    /// The ranges as they are, or as they were.
    List(ListRanges),
    /// Hold recorded results against the ranges as they are now.
    Recompute(RecomputeRanges),
}

#[derive(Debug, Args)]
pub struct ImportRanges {
    #[command(flatten)]
    pub place: Place,
    /// A table: .csv, .txt (comma), .tsv, .xpt or .xlsx.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "OID")]
    pub study: String,
    /// The sheet of a workbook; the only one when absent.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The encoding of the file, such as GB18030; UTF-8 when absent.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Why; the name of the file when absent.
    #[arg(long)]
    pub reason: Option<String>,
    /// Check everything and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct ListRanges {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "OID")]
    pub study: String,
    /// Only those of this test.
    #[arg(long, value_name = "CODE")]
    pub test: Option<String>,
    /// Only those that can hold at this site.
    #[arg(long, value_name = "OID")]
    pub site: Option<String>,
    /// As they were after this entry of the study's log; the files with their entries stand above the
    /// ranges.
    #[arg(long, value_name = "NUMBER")]
    pub entry: Option<i64>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RecomputeRanges {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "OID")]
    pub study: String,
    /// Only subjects of this site.
    #[arg(long, value_name = "OID")]
    pub site: Option<String>,
    /// Why; stands in each entry.
    #[arg(long)]
    pub reason: String,
    /// Say what would change and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}
