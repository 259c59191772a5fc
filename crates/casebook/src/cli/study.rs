//! Arguments of `casebook study`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Place;

#[derive(Debug, Subcommand)]
pub enum Study {
    /// Read a definition: ODM or a REDCap project (.xml), a REDCap dictionary with its arms and events
    /// (.csv), an XLSForm (.xlsx, .xls, .csv), a form of OpenClinica (.xls, .xlsx), USDM or FHIR (.json),
    /// rules (.toml); several make one version.
    Import {
        #[command(flatten)]
        place: Place,
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The study, where the files do not name it: a REDCap dictionary does not.
        #[arg(long, value_name = "OID")]
        study: Option<String>,
        /// Publish at once.
        #[arg(long)]
        publish: bool,
        /// Why the version changes.
        #[arg(long)]
        reason: Option<String>,
    },
    /// The studies, their versions, sites and subjects.
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        json: bool,
    },
    /// One study version in full.
    Show {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "OID")]
        study: String,
        /// The beginning of a version's hash; the latest when absent.
        #[arg(long, value_name = "HASH")]
        version: Option<String>,
        #[arg(long, value_enum, default_value = "text")]
        format: ShowFormat,
        /// Only this form, as an XLSForm.
        #[arg(long, value_name = "OID")]
        form: Option<String>,
    },
    /// In words, what changed between two versions.
    Diff {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "OID")]
        study: String,
        /// A hash or its beginning, `latest`, `draft`, or a file; the version before the new one when absent.
        old: Option<String>,
        /// Likewise; the latest version when absent.
        new: Option<String>,
        #[arg(long)]
        json: bool,
    },
    /// Check a draft and make it valid from now on.
    Publish {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_name = "OID")]
        study: String,
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ShowFormat {
    Text,
    Json,
    /// ODM 1.3.2
    Odm,
    /// ODM 2.0
    Odm2,
    /// A REDCap data dictionary
    Redcap,
    /// A bundle of FHIR R4 questionnaires
    Fhir,
    /// One form as an XLSForm workbook; all forms as a ZIP archive
    Xlsform,
    /// The same with CSV files
    XlsformCsv,
}
