//! What is fuzzed: one function per parser of foreign bytes.
//!
//! A target takes any bytes, says whether the parser accepted them, and panics where a law is
//! broken: something that was accepted and written does not read back the same. The targets are run
//! twice: by cargo-fuzz for as long as one likes (`fuzz/README.md`), and by this crate's tests with
//! some thousand mutations of the seeds, the same ones each time.

mod forms;
mod odm;
mod rules_texts;
mod stored;
mod tables;
mod usdm;

pub use forms::{old_workbook, xlsform};
pub use odm::{odm_clinical, odm_metadata};
pub use rules_texts::{expression, mapping, rules_file};
pub use stored::{casebook_event, checkpoint, journal_entry, stored_record};
pub use tables::{csv, dataset_json, workbook, xpt};
pub use usdm::usdm;

/// A parser under a name, which is also that of the folder with its seeds.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    /// Whether the bytes were accepted.
    pub run: fn(&[u8]) -> bool,
}

/// All targets.
pub const TARGETS: [Target; 16] = [
    Target { name: "odm_metadata", run: odm_metadata },
    Target { name: "odm_clinical", run: odm_clinical },
    Target { name: "usdm", run: usdm },
    Target { name: "csv", run: csv },
    Target { name: "xpt", run: xpt },
    Target { name: "workbook", run: workbook },
    Target { name: "old_workbook", run: old_workbook },
    Target { name: "xlsform", run: xlsform },
    Target { name: "dataset_json", run: dataset_json },
    Target { name: "mapping", run: mapping },
    Target { name: "rules_file", run: rules_file },
    Target { name: "expression", run: expression },
    Target { name: "stored_record", run: stored_record },
    Target { name: "casebook_event", run: casebook_event },
    Target { name: "journal_entry", run: journal_entry },
    Target { name: "checkpoint", run: checkpoint },
];
