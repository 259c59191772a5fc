//! SAS transport files of version 5, as authorities take them: one file for each table.
//!
//! Numbers, booleans (1 and 0) and complete dates (days since 1960) are numeric, everything else is
//! text. Each text variable is as wide as its longest value. A text above 200 bytes goes on in
//! further variables (`AETERM`, `AETERM1` …), never cut inside a character, so that nothing is lost.
//! Why a number is missing is said by its letter: `.D` not done, `.A` not applicable, `.U` unknown,
//! `.R` refused, `.N` not asked; of all items by the dataset of reasons.
//!
//! The width of a variable stands before the rows, so that rows wait on disk until all have come.

mod layout;
mod pieces;

use jiff::Timestamp;

use self::layout::Layout;
use crate::{
    export::{Authority, ExportError, ExportOptions, Out, Sink, Spool, Spooled, StudyOut, Written},
    odm::{DefinedDataset, DefinedStudy, structure, write_define_xml},
    table::TextEncoding,
    tabular::{
        Cell, TableDef, TableWriter,
        names::{self, TRANSPORT, dataset_wish},
    },
    xpt::{Dataset, Stamp, dataset_header, library_header, padding},
};

/// The bytes of a file above which authorities want a dataset split.
const FDA_BYTES: u64 = 5_000_000_000;
const NMPA_BYTES: u64 = 4_000_000_000;

const SYSTEM: &str = "CASEBOOK";

/// Writes tables as transport files.
pub(crate) struct XptTables {
    encoding: TextEncoding,
    lower_case: bool,
    /// No file becomes larger.
    file_bytes: u64,
    stamp: Stamp,
    language: String,
    study: Option<DefinedStudy>,
    tables: Vec<Table>,
    row: Vec<u8>,
}

struct Table {
    def: TableDef,
    name: String,
    layout: Layout,
    spool: Spool,
    rows: u64,
}

impl XptTables {
    pub(crate) fn new(options: &ExportOptions) -> Self {
        let file_bytes = match options.authority {
            Authority::Fda => FDA_BYTES,
            Authority::Nmpa => NMPA_BYTES,
        };
        Self {
            encoding: options.encoding,
            lower_case: options.authority == Authority::Nmpa,
            file_bytes,
            stamp: Stamp::default(),
            language: options.language.clone(),
            study: None,
            tables: Vec::new(),
            row: Vec::new(),
        }
    }

    fn cased(&self, name: String) -> String {
        if self.lower_case { name.to_ascii_lowercase() } else { name }
    }
}

impl TableWriter for XptTables {
    fn begin(
        &mut self,
        study: &StudyOut<'_>,
        tables: &[TableDef],
        sink: &mut dyn Sink,
    ) -> Result<(), ExportError> {
        self.stamp = stamp(study);
        self.study = Some(DefinedStudy::new(study, &self.language));
        let wishes: Vec<&str> = tables.iter().map(dataset_wish).collect();
        let datasets = names::names(TRANSPORT, wishes.into_iter());
        for (table, name) in tables.iter().zip(datasets) {
            let name = self.cased(name);
            self.tables.push(Table {
                spool: Spool::create(sink, &name)?,
                layout: Layout::new(table),
                def: table.clone(),
                name,
                rows: 0,
            });
        }
        Ok(())
    }

    fn row(&mut self, table: usize, cells: &[Cell<'_>], values: u64) -> Result<(), ExportError> {
        let table = &mut self.tables[table];
        self.row.clear();
        self.row.extend_from_slice(&values.to_be_bytes());
        table.layout.push_row(&mut self.row, cells, self.encoding).map_err(|what| {
            ExportError::DoesNotFit {
                what: format!("row {} of dataset {}: {what}", table.rows + 1, table.name),
                advice: "choose another encoding, or another format".to_owned(),
            }
        })?;
        table.rows += 1;
        table.spool.push(&self.row)
    }

    fn finish(mut self: Box<Self>, sink: &mut dyn Sink) -> Result<Vec<Written>, ExportError> {
        let study = self.study.take().ok_or(ExportError::NotBegun)?;
        let (mut written, mut defined) = (Vec::new(), Vec::new());
        let mut taken = self.tables.iter().map(|table| table.name.to_ascii_lowercase()).collect();
        for table in std::mem::take(&mut self.tables) {
            let first = written.len();
            let mut dataset = self.write(table, &mut taken, sink, &mut written)?;
            dataset.files = written[first..].iter().map(|file| file.name.clone()).collect();
            defined.push(dataset);
        }
        written.push(write_define_xml(&study, &defined, sink)?);
        Ok(written)
    }
}

impl XptTables {
    /// Writes the files of one table.
    fn write(
        &self,
        table: Table,
        taken: &mut std::collections::HashSet<String>,
        sink: &mut dyn Sink,
        written: &mut Vec<Written>,
    ) -> Result<DefinedDataset, ExportError> {
        let (mut dataset, row_bytes) = table.layout.dataset(self.encoding, self.lower_case);
        dataset.label = layout::fitting(&[&table.def.label, &table.name], self.encoding);
        dataset.stamp.clone_from(&self.stamp);
        dataset.name.clone_from(&table.name);
        let headers = library_header(&self.stamp).len() + self.header(&dataset)?.len();
        let last_record = 80;
        let room = self.file_bytes.saturating_sub(headers as u64 + last_record);
        let rows_per_file = (room / (row_bytes.max(1) as u64)).max(1);
        let files = table.rows.div_ceil(rows_per_file).max(1);
        let (mut rows, mut spooled) = (table.rows, table.spool.reread()?);
        for part in 1..=files {
            dataset.name = if files == 1 {
                table.name.clone()
            } else {
                let digits = part.to_string();
                let kept = table.name.len().min(8 - digits.len().min(7));
                let wish = format!("{}{digits}", &table.name[..kept]);
                self.cased(names::name(TRANSPORT, &wish, taken))
            };
            let in_file = rows.min(rows_per_file);
            rows -= in_file;
            let mut out = Out::create(sink, &format!("{}.xpt", dataset.name.to_ascii_lowercase()))?;
            out.buffer.extend_from_slice(&library_header(&self.stamp));
            out.buffer.extend_from_slice(&self.header(&dataset)?);
            out.values = copy(&table.layout, &mut spooled, in_file, &mut out)?;
            out.rows = in_file;
            let blanks = out.buffer.len() + padding(in_file * row_bytes as u64);
            out.buffer.resize(blanks, b' ');
            let mut file = out.finish()?;
            file.encoding = Some(self.encoding.to_string());
            written.push(file);
        }
        Ok(DefinedDataset {
            oid: format!("IG.{}", table.name),
            label: table.def.label.clone(),
            repeating: table.def.form.is_some(),
            structure: structure(&table.def),
            standard: table.def.standard.clone(),
            variables: table.layout.defined(&table.def.name, &dataset),
            name: table.name,
            ..DefinedDataset::default()
        })
    }

    fn header(&self, dataset: &Dataset) -> Result<Vec<u8>, ExportError> {
        dataset_header(dataset, self.encoding).map_err(|misfit| ExportError::DoesNotFit {
            what: misfit.to_string(),
            advice: "change the name in the study, or choose another format".to_owned(),
        })
    }
}

/// Copies rows from where they wait to their file, and says how many values they have.
fn copy(layout: &Layout, from: &mut Spooled, rows: u64, out: &mut Out) -> Result<u64, ExportError> {
    let mut values = 0;
    for _ in 0..rows {
        let mut of_row = [0; 8];
        from.fill(&mut of_row)?;
        values += u64::from_be_bytes(of_row);
        layout.lay(from, &mut out.buffer)?;
        out.settle()?;
    }
    Ok(values)
}

/// The program and the cut-off, in the words of SAS.
fn stamp(study: &StudyOut<'_>) -> Stamp {
    let time = study.stamp().parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let time = time.strftime("%d%b%y:%H:%M:%S").to_string().to_ascii_uppercase();
    Stamp {
        version: study.source_version.to_owned(),
        system: SYSTEM.to_owned(),
        created: time.clone(),
        modified: time,
    }
}

#[cfg(test)]
mod tests;
