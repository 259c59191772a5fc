//! What became of each row of an import, in a file: `row,line,outcome,"reason","reason_zh"`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use contract::Error;

use super::upload::broke;
use crate::{
    Edc, Failure,
    failure::Result,
    import::{Outcome, Phase, RowReport},
};

/// The name of the file in the folder of the job.
pub(super) const ROWS: &str = "rows.csv";
const HEADING: &str = "row,line,outcome,reason,reason_zh";
/// What is looked through for one page.
const MOST_LOOKED_BYTES: u64 = 4 << 20;

/// Writes what became of the rows; begins anew when the rows are applied after they were checked.
pub(super) struct RowsOut {
    path: PathBuf,
    file: BufWriter<File>,
    phase: Phase,
    failed: Option<io::Error>,
}

/// A row as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowRead {
    pub row: u64,
    pub line: u32,
    pub outcome: Outcome,
    pub reason: String,
    /// The same in Chinese, where there is more than a code and a message.
    pub reason_zh: Option<String>,
}

/// Rows, and where the next page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowPage {
    pub rows: Vec<RowRead>,
    pub next: Option<u64>,
}

impl RowsOut {
    pub fn create(path: PathBuf) -> io::Result<Self> {
        let file = begin(&path)?;
        Ok(Self { path, file, phase: Phase::Checking, failed: None })
    }

    pub fn take(&mut self, phase: Phase, row: &RowReport) {
        if self.failed.is_none() {
            self.failed = self.write(phase, row).err();
        }
    }

    fn write(&mut self, phase: Phase, row: &RowReport) -> io::Result<()> {
        if phase != self.phase {
            self.phase = phase;
            self.file = begin(&self.path)?;
        }
        let RowReport { place, outcome, reason, reason_zh } = row;
        let (reason, reason_zh) =
            (quoted(reason), quoted(reason_zh.as_deref().unwrap_or_default()));
        writeln!(self.file, "{},{},{outcome},{reason},{reason_zh}", place.row, place.line)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        self.failed.map_or(Ok(()), Err)
    }
}

/// One line for each row: what stands in a reason can hold a line break.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['\r', '\n'], " ").replace('"', "\"\""))
}

fn begin(path: &Path) -> io::Result<BufWriter<File>> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{HEADING}")?;
    Ok(file)
}

/// Up to `size` rows of the report of an import, from a place of its file on.
pub(crate) async fn rows_page(
    edc: &Edc,
    id: &str,
    (from, outcome, size): (u64, Option<Outcome>, usize),
) -> Result<RowPage> {
    let path = edc.job_folder()?.of(id).join(ROWS);
    let read = tokio::task::spawn_blocking(move || page(&path, from, outcome, size));
    let read = read.await.map_err(|error| Failure::Broke(error.to_string()))?;
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::not_found("FILE_GONE", "the report is not kept here any more").into())
        }
        other => other.map_err(|error| broke("read the report of an import", &error)),
    }
}

/// Up to `size` rows behind a place of the file, those with one outcome if it is named.
fn page(path: &Path, from: u64, outcome: Option<Outcome>, size: usize) -> io::Result<RowPage> {
    let mut file = BufReader::new(File::open(path)?);
    let mut at = file.seek(SeekFrom::Start(from))?;
    let mut page = RowPage::default();
    let mut line = String::new();
    while page.rows.len() < size && at - from < MOST_LOOKED_BYTES {
        line.clear();
        let read = file.read_line(&mut line)?;
        if read == 0 {
            return Ok(page);
        }
        at += read as u64;
        let row = parse(line.trim_end_matches('\n'));
        page.rows.extend(row.filter(|row| outcome.is_none_or(|only| only == row.outcome)));
    }
    page.next = Some(at).filter(|_| file.fill_buf().is_ok_and(|rest| !rest.is_empty()));
    Ok(page)
}

/// A line of the file; none for the heading, and for a line in the middle of which a page begins.
fn parse(line: &str) -> Option<RowRead> {
    let mut parts = line.splitn(4, ',');
    let row = parts.next()?.parse().ok()?;
    let place = parts.next()?.parse().ok()?;
    let outcome = match parts.next()? {
        "accepted" => Outcome::Accepted,
        "changed" => Outcome::Changed,
        "unchanged" => Outcome::Unchanged,
        "skipped" => Outcome::Skipped,
        "rejected" => Outcome::Rejected,
        _ => return None,
    };
    let (reason, rest) = unquoted(parts.next()?)?;
    // Reports of before have no more columns.
    let chinese = rest.strip_prefix(',').and_then(unquoted).map(|(text, _)| text);
    let reason_zh = chinese.filter(|text| !text.is_empty());
    Some(RowRead { row, line: place, outcome, reason, reason_zh })
}

/// A quoted text and what is behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let end = from + text[from..].find('"')?;
        if !text[end + 1..].starts_with('"') {
            return Some((text[..end].replace("\"\"", "\""), &text[end + 1..]));
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Place;

    fn report(row: u64, outcome: Outcome, reason: &str) -> RowReport {
        RowReport::new(Place { row, line: 2 }, outcome, reason)
    }

    #[test]
    fn rows_come_back_as_they_were_written_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ROWS);
        let mut out = RowsOut::create(path.clone()).unwrap();
        out.take(Phase::Checking, &report(9, Outcome::Skipped, "of the check"));
        for row in 1..=5 {
            let outcome = if row % 2 == 0 { Outcome::Rejected } else { Outcome::Accepted };
            out.take(Phase::Applying, &report(row, outcome, "say \"no\",\nhe said"));
        }
        out.finish().unwrap();
        let first = page(&path, 0, None, 3).unwrap();
        assert_eq!(first.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(first.rows[1].reason, "say \"no\", he said");
        let second = page(&path, first.next.unwrap(), None, 3).unwrap();
        assert_eq!(second.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(second.next, None);
        let rejected = page(&path, 0, Some(Outcome::Rejected), 10).unwrap();
        assert_eq!(rejected.rows.iter().map(|row| row.row).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn a_reason_comes_back_in_both_languages_and_from_reports_that_have_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ROWS);
        let mut out = RowsOut::create(path.clone()).unwrap();
        let english = "\"a\",\"b\"";
        let both = RowReport {
            reason_zh: Some("“甲”,\"乙\"".to_owned()),
            ..report(1, Outcome::Accepted, english)
        };
        out.take(Phase::Checking, &both);
        out.finish().unwrap();
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        writeln!(file, "2,3,rejected,\"\"\"a\"\",\"\"b\"\"\"").unwrap();
        let rows = page(&path, 0, None, 10).unwrap().rows;
        let read = |at: usize| (rows[at].reason.as_str(), rows[at].reason_zh.as_deref());
        assert_eq!(read(0), (english, both.reason_zh.as_deref()));
        assert_eq!(read(1), (english, None));
    }

    #[test]
    fn a_page_that_begins_in_the_middle_of_a_line_leaves_out_what_it_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ROWS);
        let mut out = RowsOut::create(path.clone()).unwrap();
        for row in [11, 12] {
            out.take(Phase::Checking, &report(row, Outcome::Accepted, ""));
        }
        out.finish().unwrap();
        let page = page(&path, HEADING.len() as u64 + 5, None, 10).unwrap();
        assert_eq!(page.rows.len(), 1);
    }
}
