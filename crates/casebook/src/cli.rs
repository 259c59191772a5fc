//! The commands and their options.

pub mod ranges;
pub mod study;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, builder::PossibleValuesParser};

use crate::cluster::Part;

/// Casebook: run a clinical trial and prove every value in it.
#[derive(Debug, Parser)]
#[command(name = "casebook", version, max_term_width = 100)]
pub struct Cli {
    /// What is logged to standard error, such as `info` or `edc=debug,warn`.
    #[arg(long, env = "CASEBOOK_LOG", global = true)]
    pub log: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the demonstration trial from real data, print logins, serve.
    Demo(Demo),
    /// Answer HTTP.
    Serve(Serve),
    /// Import, list, show, compare and publish study versions.
    #[command(subcommand)]
    Study(study::Study),
    /// Bring clinical data in: every row is accounted for.
    Import(Import),
    /// Take clinical data out.
    Export(Export),
    /// Note one dated event for a subject.
    Record(Record),
    /// Load and list dictionaries of codes and terms, such as a drug dictionary.
    #[command(subcommand)]
    Dictionary(Dictionary),
    /// Load and list reference ranges of laboratories, and lay them anew on recorded results.
    #[command(subcommand)]
    Ranges(ranges::Ranges),
    /// Check that the journal is whole and that all views follow from it.
    Verify(Verify),
    /// Write a signed checkpoint over all logs.
    Checkpoint(Checkpoint),
    /// Print the public key with which a process of several signs, for the settings of the others.
    ClusterKey(ClusterKey),
    /// Drop the views of casebooks and build them again from the journal.
    RebuildViews(RebuildViews),
    /// Copy the database while it is in use.
    Backup(Backup),
    /// Add, list and reset users.
    #[command(subcommand)]
    User(User),
}

/// Where the data are.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The folder that holds everything.
    #[arg(long, env = "CASEBOOK_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database instead of the file in the folder: `postgres://…`.
    #[arg(long, env = "CASEBOOK_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
    /// Settings in TOML; an option or environment variable goes first.
    #[arg(long, env = "CASEBOOK_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, env = "CASEBOOK_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Build and print the summary; do not serve.
    #[arg(long)]
    pub no_serve: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, env = "CASEBOOK_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Only these parts of the program, in one process of several; the settings say where others are.
    #[arg(long, env = "CASEBOOK_ONLY", value_enum, value_delimiter = ',', value_name = "PART,…")]
    pub only: Vec<Part>,
    /// Print the settings that are in force and stop.
    #[arg(long)]
    pub print_config: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    pub place: Place,
    /// A table (.csv, .xpt, .xlsx) with a mapping, ODM clinical data (.xml), FHIR resources (.json,
    /// .ndjson), or REDCap records (.csv, flat or
    /// one value a row, or a project file).
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[arg(long, value_name = "OID")]
    pub study: String,
    /// How the rows of a table become values.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Print a mapping that is suggested for the table, and stop.
    #[arg(long, conflicts_with = "mapping")]
    pub suggest: bool,
    /// The sheet of a workbook for which a mapping is suggested; a mapping names its own.
    #[arg(long, value_name = "NAME", requires = "suggest")]
    pub sheet: Option<String>,
    /// Check everything and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Load the good rows of a file that has bad ones.
    #[arg(long)]
    pub keep_good: bool,
    /// Do not mark the filled forms as complete.
    #[arg(long)]
    pub incomplete: bool,
    /// Why complete values change; "import of FILE" when absent.
    #[arg(long)]
    pub reason: Option<String>,
    /// Write what became of each row to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "OID")]
    pub study: String,
    /// What is written.
    #[arg(long, value_parser = PossibleValuesParser::new(edc::export::formats().map(|one| one.name)))]
    pub format: String,
    /// The language of labels and decodes, where the study has it.
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub language: String,
    /// The encoding of SAS transport files: utf-8, gb18030 or windows-1252.
    #[arg(long, value_name = "NAME", default_value = "utf-8", value_parser = encoding)]
    pub encoding: formats::table::TextEncoding,
    /// The authority whose limits SAS transport files keep: fda or nmpa.
    #[arg(long, value_name = "NAME", default_value = "fda", value_parser = authority)]
    pub authority: formats::export::Authority,
    /// A folder; for a format of one file also a file name.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// The state at this time, such as 2026-11-22T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<jiff::Timestamp>,
    /// Only this site.
    #[arg(long, value_name = "OID")]
    pub site: Option<String>,
    /// Only this form; may be given several times.
    #[arg(long, value_name = "OID")]
    pub form: Vec<String>,
    /// With the history of every value, where the format can hold it.
    #[arg(long)]
    pub trail: bool,
    /// With the attached files that the data name, in a folder `files`.
    #[arg(long)]
    pub files: bool,
    /// With values that reveal the arm. The journal notes who took them.
    #[arg(long)]
    pub unblinded: bool,
    #[arg(long)]
    pub json: bool,
}

fn encoding(name: &str) -> Result<formats::table::TextEncoding, String> {
    formats::table::TextEncoding::parse(name).ok_or_else(|| format!("'{name}' is no encoding"))
}

fn authority(name: &str) -> Result<formats::export::Authority, String> {
    formats::export::Authority::parse(name).ok_or_else(|| "there are fda and nmpa".to_owned())
}

#[derive(Debug, Args)]
pub struct Record {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "OID")]
    pub study: String,
    #[arg(long, value_name = "KEY")]
    pub subject: String,
    /// What happened.
    #[arg(long, value_name = "TEXT")]
    pub event: String,
    /// When, as far as known: 2026, 2026-03 or 2026-03-02. Today at the site when absent.
    #[arg(long, value_name = "DATE")]
    pub date: Option<String>,
    /// The study event that took place then, where it is one.
    #[arg(long, value_name = "OID")]
    pub study_event: Option<String>,
}

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    pub place: Place,
    /// A checkpoint that was kept elsewhere.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// The public key that signs here, as `casebook checkpoint` printed it, or a file with it.
    ///
    /// Keep it outside the data folder: whoever can replace the folder can replace its key as well.
    #[arg(long, value_name = "KEY|FILE")]
    pub key: Option<String>,
    /// Only the chains; do not replay casebooks.
    #[arg(long)]
    pub chains_only: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Checkpoint {
    #[command(flatten)]
    pub place: Place,
    /// Keep it elsewhere: it proves later that nothing before it was changed.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct ClusterKey {
    #[command(flatten)]
    pub place: Place,
}

#[derive(Debug, Args)]
pub struct RebuildViews {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "OID")]
    pub study: Option<String>,
}

#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub place: Place,
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user; the password is made and printed once, or read from CASEBOOK_PASSWORD.
    Add {
        #[command(flatten)]
        place: Place,
        name: String,
        #[arg(long)]
        full_name: Option<String>,
        /// Such as data_manager, or coordinator@CDISCPILOT01/701.
        #[arg(long = "role", value_name = "ROLE[@STUDY[/SITE]]")]
        roles: Vec<String>,
    },
    /// All users with their roles.
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        json: bool,
    },
    /// Give a user a new password.
    Reset {
        #[command(flatten)]
        place: Place,
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Dictionary {
    /// Load a version of a dictionary from a table with a row for each code. It never changes again.
    Import(ImportDictionary),
    /// The dictionaries that are loaded, with their versions.
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct ImportDictionary {
    #[command(flatten)]
    pub place: Place,
    /// A table: .csv, .txt (comma), .tsv, .xpt or .xlsx.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The name of the dictionary, such as ATC.
    #[arg(long, value_name = "NAME")]
    pub dictionary: String,
    /// Which version this is, such as 2026-01.
    #[arg(long, value_name = "VERSION")]
    pub version: String,
    /// The column of the code.
    #[arg(long, value_name = "COLUMN", default_value = "code")]
    pub code: String,
    /// The column of what the code stands for.
    #[arg(long, value_name = "COLUMN", default_value = "text")]
    pub text: String,
    /// The column of the code of what it belongs to.
    #[arg(long, value_name = "COLUMN")]
    pub parent: Option<String>,
    /// The lengths of codes by level, where a code begins with what it belongs to: 1,3,4,5,7 for ATC.
    #[arg(long, value_name = "LENGTH,…", value_delimiter = ',', conflicts_with = "parent")]
    pub levels: Vec<usize>,
    /// The encoding of the file, such as GB18030; UTF-8 when absent.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Check everything and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}
