//! Drives a table through a mapping, row by row.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use kernel::{SiteOid, SubjectKey, study::Design};

use super::{
    Creates, Hold, Mapped, MappedMilestone, MappedSubject, Mapping, RowPlace,
    convert::{self, Conversion},
    fault_at,
    gather::{MAX_HELD_CELLS, Stop},
    join::Lookup,
    record::RecordWork,
    resolve::{BoundCell, BoundCondition, ColumnPlaces},
    rule::Target,
};
use crate::{
    FormatError,
    table::{Row, Table},
};

/// Opens a table that a mapping joins, by the name that the mapping gives, and its sheet.
pub type OpenJoin<'j> =
    dyn FnMut(&str, Option<&str>) -> Result<Box<dyn Table + Send>, FormatError> + 'j;

/// The rows of a table as a mapping reads them.
pub struct MappedRows<'m> {
    mapping: &'m Mapping,
    table: Box<dyn Table + Send>,
    lookups: Vec<Lookup>,
    study: Option<usize>,
    subject: BoundCell,
    conditions: Vec<BoundCondition>,
    work: Work<'m>,
    ready: VecDeque<Mapped>,
    ended: bool,
}

enum Work<'m> {
    Record(Box<RecordWork<'m>>),
    Subject(SubjectWork),
}

struct SubjectWork {
    site: Option<BoundCell>,
    milestones: Vec<BoundMilestone>,
    /// Subjects that a row made.
    made: HashSet<SubjectKey>,
}

struct BoundMilestone {
    name: Arc<str>,
    date: BoundCell,
    conversion: Conversion,
    when: Option<BoundCondition>,
}

impl std::fmt::Debug for MappedRows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MappedRows").field("mapping", &self.mapping.file).finish_non_exhaustive()
    }
}

impl<'m> MappedRows<'m> {
    /// Ties a mapping to a study and a table. `joins` opens the files that the mapping joins.
    /// Refuses a mapping that names a column that is not there; [`super::check`] and
    /// [`super::check_columns`] name everything at once.
    pub fn open(
        mapping: &'m Mapping,
        design: &'m Design,
        table: Box<dyn Table + Send>,
        joins: &mut OpenJoin<'_>,
        hold: Hold,
    ) -> Result<Self, FormatError> {
        let rules = &mapping.rules;
        let joined = rules.joins.iter().flat_map(|join| &join.columns);
        let columns = ColumnPlaces::new(table.columns().iter().chain(joined));
        let fault = |what: String| fault_at(&mapping.file, 0, what, "correct the mapping");
        let mut lookups = Vec::with_capacity(rules.joins.len());
        for join in &rules.joins {
            let mut other = joins(&join.file, join.sheet.as_deref())?;
            lookups.push(Lookup::read(join, &columns, other.as_mut(), &mapping.file)?);
        }
        let conditions = rules.conditions.iter().map(|c| BoundCondition::new(c, &columns));
        let conditions = conditions.collect::<Result<_, _>>().map_err(fault)?;
        let study = rules.study_column.as_ref().map(|column| columns.find(column));
        let work = match &rules.target {
            Target::Record(rule) => RecordWork::new(rule, design, &columns, hold)
                .map(|work| Work::Record(Box::new(work))),
            Target::Subject { site } => {
                SubjectWork::bind(mapping, Some(site), &columns).map(Work::Subject)
            }
            Target::Milestones => SubjectWork::bind(mapping, None, &columns).map(Work::Subject),
        };
        Ok(Self {
            study: study.transpose().map_err(fault)?,
            subject: BoundCell::new(&rules.subject, &columns).map_err(fault)?,
            work: work.map_err(fault)?,
            mapping,
            table,
            lookups,
            conditions,
            ready: VecDeque::new(),
            ended: false,
        })
    }

    /// What became of the next row or record; none at the end. An error stops the import: the
    /// table cannot be read further.
    #[expect(clippy::should_implement_trait, reason = "an error ends it, unlike an iterator")]
    pub fn next(&mut self) -> Result<Option<Mapped>, FormatError> {
        loop {
            if let Some(mapped) = self.ready.pop_front() {
                return Ok(Some(mapped));
            }
            if self.ended {
                return Ok(None);
            }
            match self.table.next_row()? {
                Some(row) => self.take(row)?,
                None => self.end(),
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        if let Work::Record(work) = &mut self.work {
            self.ready.extend(work.gather.give_out());
        }
    }

    fn take(&mut self, row: Row) -> Result<(), FormatError> {
        let place = RowPlace { number: row.number, line: row.line };
        let mut cells = row.cells;
        let subject = match self.admit(&mut cells) {
            Ok(subject) => subject,
            Err(Turned::Skipped(reason)) => {
                self.ready.push_back(Mapped::Skipped { row: place, reason });
                return Ok(());
            }
            Err(Turned::Refused(reason)) => {
                self.ready.push_back(Mapped::Refused { row: place, reason });
                return Ok(());
            }
        };
        match &mut self.work {
            Work::Record(work) => {
                let out = work.take(subject, place, &cells);
                self.ready.extend(out.map_err(|stop| stopped(&stop, self.table.file(), place))?);
            }
            Work::Subject(work) => self.ready.push_back(work.take(subject, place, &cells)),
        }
        Ok(())
    }

    /// The subject of a row that is to be used.
    fn admit(&self, cells: &mut Vec<String>) -> Result<SubjectKey, Turned> {
        if let Some(at) = self.study
            && cells[at] != self.mapping.rules.study
        {
            let reason = format!("the row is of the study '{}'", cells[at]);
            return Err(Turned::Refused(reason));
        }
        for lookup in &self.lookups {
            lookup.extend(cells).map_err(Turned::Refused)?;
        }
        for condition in &self.conditions {
            if !condition.holds(cells) {
                return Err(Turned::Skipped(condition.condition.reason.clone()));
            }
        }
        let subject = self.subject.key(cells, "subject").map_err(Turned::Refused)?;
        Ok(subject.into())
    }
}

/// Why a row is not used.
enum Turned {
    Skipped(String),
    Refused(String),
}

impl SubjectWork {
    fn bind(
        mapping: &Mapping,
        site: Option<&super::rule::Cell>,
        columns: &ColumnPlaces,
    ) -> Result<Self, String> {
        let mut milestones = Vec::new();
        for milestone in &mapping.rules.milestones {
            milestones.push(BoundMilestone {
                name: milestone.name.as_str().into(),
                date: BoundCell::new(&milestone.date, columns)?,
                conversion: milestone.conversion.clone(),
                when: milestone
                    .when
                    .as_ref()
                    .map(|w| BoundCondition::new(w, columns))
                    .transpose()?,
            });
        }
        let site = site.map(|site| BoundCell::new(site, columns)).transpose()?;
        Ok(Self { site, milestones, made: HashSet::new() })
    }

    fn take(&mut self, subject: SubjectKey, row: RowPlace, cells: &[String]) -> Mapped {
        match self.read(&subject, cells) {
            Ok((None, milestones)) if milestones.is_empty() => {
                let reason = "no milestone takes this row".to_owned();
                Mapped::Skipped { row, reason }
            }
            Ok((site, milestones)) => {
                Mapped::Subject(MappedSubject { subject, site, milestones, row })
            }
            Err(reason) => Mapped::Refused { row, reason },
        }
    }

    fn read(
        &mut self,
        subject: &SubjectKey,
        cells: &[String],
    ) -> Result<(Option<SiteOid>, Vec<MappedMilestone>), String> {
        let site = match &self.site {
            None => None,
            Some(cell) => Some(SiteOid::from(cell.key(cells, "site")?)),
        };
        let mut milestones = Vec::new();
        for milestone in &self.milestones {
            if milestone.when.as_ref().is_some_and(|when| !when.holds(cells)) {
                continue;
            }
            let text = milestone.date.text(cells)?;
            if text.is_empty() {
                continue;
            }
            let date = match &milestone.conversion {
                Conversion::Date(formats) => convert::date(formats, &text)
                    .map_err(|reason| format!("{}: {reason}", milestone.date.column))?,
                _ => text,
            };
            milestones.push(MappedMilestone { name: Arc::clone(&milestone.name), date });
        }
        if site.is_some() && !self.made.insert(subject.clone()) {
            return Err(format!("another row already makes the subject {subject}"));
        }
        Ok((site, milestones))
    }
}

fn stopped(stop: &Stop, file: &str, row: RowPlace) -> FormatError {
    let what = match stop {
        Stop::Scattered(subject) => {
            format!("row {}: the rows of subject {subject} do not stand together", row.number)
        }
        Stop::TooMany => {
            format!("row {}: more than {MAX_HELD_CELLS} values would be held at once", row.number)
        }
    };
    fault_at(file, row.line, what, "sort the file by subject")
}

/// Whether the rows of each subject stand together in a table, so that [`Hold::Subject`] will do.
/// Reads the table to its end, or to the first subject that is met again.
pub fn subjects_together(mapping: &Mapping, table: &mut dyn Table) -> Result<bool, FormatError> {
    if mapping.creates() != Creates::Records {
        return Ok(true);
    }
    let columns = ColumnPlaces::new(table.columns().iter());
    let subject = BoundCell::new(&mapping.rules.subject, &columns)
        .map_err(|what| fault_at(&mapping.file, 0, what, "correct the mapping"))?;
    let mut done = HashSet::new();
    let mut current: Option<String> = None;
    while let Some(row) = table.next_row()? {
        let Ok(key) = subject.key(&row.cells, "subject") else { continue };
        if current.as_ref() == Some(&key) {
            continue;
        }
        if done.contains(&key) {
            return Ok(false);
        }
        done.extend(current.replace(key));
    }
    Ok(true)
}
