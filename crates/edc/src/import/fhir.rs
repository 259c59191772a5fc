//! FHIR resources as a source: what each of them becomes is said in `docs/fhir.md`.

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use formats::fhir::{self, Taken, TakenCell, TakenRecord, TakenSubject};
use kernel::study::Design;

use super::{
    Cell, Expect, Given, ImportFailure, Place, RecordUnit, SubjectUnit, Unit,
    source::{Source, Take, digest, stopped},
};

/// A Bundle, a resource, or resources line by line. Every answer, observation, adverse event and
/// research subject is a row.
pub fn fhir_source(file: &Path, design: Design) -> Result<Source, ImportFailure> {
    let digest = digest(file, b"FHIR")?;
    let file = file.to_owned();
    let read = move |take: &mut Take<'_>| -> Result<(), ImportFailure> {
        let opened = File::open(&file).map_err(|error| stopped("cannot read", &file, &error))?;
        let name = file.display().to_string();
        fhir::read_data(BufReader::new(opened), &name, &design, &mut |taken| take(unit(taken)))?;
        Ok(())
    };
    Ok(Source { digest, read: Arc::new(read) })
}

fn unit(taken: Taken) -> Unit {
    match taken {
        Taken::Record(record) => Unit::Record(record_unit(record)),
        Taken::Subject(subject) => Unit::Subject(subject_unit(subject)),
        Taken::Skipped { row, reason } => Unit::Skipped { row: place(row), reason },
        Taken::Refused { row, reason } => Unit::Refused { row: place(row), reason },
    }
}

fn record_unit(record: TakenRecord) -> RecordUnit {
    RecordUnit {
        subject: record.subject,
        record: record.record,
        cells: record.cells.into_iter().map(cell).collect(),
        rows: record.rows.into_iter().map(place).collect(),
        remove: if record.is_removed { vec![None] } else { Vec::new() },
        complete: record.complete,
    }
}

fn cell(cell: TakenCell) -> Cell {
    Cell {
        row: cell.row,
        column: cell.from,
        item: cell.item,
        given: match cell.given {
            fhir::Given::Text(text) => Given::Text(text),
            fhir::Given::Missing(reason) => Given::Missing(reason),
        },
        unit: cell.unit,
        expect: Expect::Anything,
    }
}

fn subject_unit(subject: TakenSubject) -> SubjectUnit {
    let milestones = subject.milestones.into_iter();
    SubjectUnit {
        subject: subject.subject,
        site: subject.site,
        milestones: milestones.map(|(name, on)| (name.to_owned(), on)).collect(),
        row: place(subject.row),
        creates: true,
    }
}

fn place(place: fhir::Place) -> Place {
    Place { row: place.row, line: place.line }
}
