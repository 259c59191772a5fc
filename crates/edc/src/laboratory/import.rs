//! Loads a table of reference ranges: permit, read and check all of it, append.

use std::io::Cursor;

use contract::{Act, Code, Context, Error, FieldViolation, Scope, edc::v1 as proto};
use formats::{
    FormatError,
    reference_ranges::{Column, MOST_FAULTS, RangeFault, RangesRead, read_ranges},
    table::{self, TableFormat, TableOptions, TextEncoding},
};
use journal::Hash;
use kernel::{
    StudyOid, Wording,
    laboratory::{ReferenceRange, gaps},
};

use super::asked::Asks;
use crate::{
    Edc,
    failure::Result,
    publish::StudyCall,
    study::Study,
    study_log::{RangesImported, StudyEvent},
    wire::{self, error::all_valid, value},
};

/// The largest file: as JSON it is a third longer, and a call has at most 4 MB.
const MAX_FILE_BYTES: usize = 3_000_000;
const LONGEST_NAME_CHARS: usize = 200;

/// Loads a file, or says what that would do.
pub(crate) async fn import(
    edc: &Edc,
    context: &Context,
    request: &proto::ImportRangesRequest,
) -> Result<proto::ImportRangesResponse> {
    let oid: StudyOid = request.study_oid.as_str().into();
    let permit = context.caller.permit(Act::ImportData, Scope::study_wide(oid.as_str()))?;
    all_valid(violations(request))?;
    let study = edc.study(&oid).await?;
    let mut read = read(request).map_err(|error| unreadable(&error))?;
    let asks = Asks::of(&study);
    read.faults.extend(faults_of_study(&study, &asks, &read));
    read.faults.sort_by_key(|fault| (fault.line, fault.column));
    if !read.faults.is_empty() {
        return Err(faulty(&request.file_name, &read.faults).into());
    }
    let mut answer = proto::ImportRangesResponse {
        range_count: value::number(read.ranges.len()),
        warnings: warnings(&asks, &read),
        ..proto::ImportRangesResponse::default()
    };
    let event = RangesImported {
        file_name: request.file_name.clone(),
        file_sha256: Hash::of(&request.content).to_string(),
        ranges: read.ranges,
    };
    answer.unchanged = study.state.holds_ranges(&event.ranges);
    if request.dry_run || answer.unchanged {
        return Ok(answer);
    }
    let call = StudyCall {
        permit: &permit,
        origin: &context.origin,
        request: request.request_id.as_ref(),
        reason: Some(request.reason.clone()),
    };
    edc.change_study(&call, &oid, |state| {
        let is_there = state.holds_ranges(&event.ranges);
        let loaded = || vec![StudyEvent::RangesImported(event.clone())];
        Ok(if is_there { Vec::new() } else { loaded() })
    })
    .await?;
    let imports = edc.study(&oid).await?;
    answer.entry = imports.state.range_imports.last().map_or(0, |import| value::long(import.entry));
    Ok(answer)
}

fn violations(request: &proto::ImportRangesRequest) -> Vec<FieldViolation> {
    let mut all = Vec::new();
    let mut fault = |field: &str, what: String| all.push(FieldViolation::new(field, what));
    if request.reason.trim().is_empty() {
        fault("reason", "say why the ranges are loaded".to_owned());
    }
    let name = &request.file_name;
    let is_plain = !name.is_empty() && !name.chars().any(char::is_control);
    if !is_plain
        || name.chars().count() > LONGEST_NAME_CHARS
        || TableFormat::of_file(name).is_none()
    {
        fault("fileName", "it ends in .csv, .txt, .tsv, .xpt or .xlsx".to_owned());
    }
    if request.content.is_empty() || request.content.len() > MAX_FILE_BYTES {
        fault("content", format!("1 to {MAX_FILE_BYTES} bytes"));
    }
    if let Some(name) = wire::subject::given(request.encoding.as_ref())
        && TextEncoding::parse(name).is_none()
    {
        fault("encoding", format!("no encoding is called {name}"));
    }
    all
}

fn read(request: &proto::ImportRangesRequest) -> Result<RangesRead, FormatError> {
    let name = request.file_name.as_str();
    let format = TableFormat::of_file(name).unwrap_or(TableFormat::Delimited(b','));
    let encoding = wire::subject::given(request.encoding.as_ref()).and_then(TextEncoding::parse);
    let options = TableOptions { encoding, sheet: wire::subject::given(request.sheet.as_ref()) };
    let content = Cursor::new(request.content.clone());
    read_ranges(&mut *table::open(format, content, name, options)?)
}

/// The sites, tests and units that the study does not have.
fn faults_of_study(study: &Study, asks: &Asks, read: &RangesRead) -> Vec<RangeFault> {
    let mut faults = Vec::new();
    for (line, range) in read.lines.iter().zip(&read.ranges) {
        let mut fault = |column, what| {
            faults.push(RangeFault { line: *line, column: Some(column), what });
        };
        if let Some(site) = range.site.as_ref().filter(|site| study.site(site).is_err()) {
            fault(Column::Site, format!("the study has no site {site}"));
        }
        if !asks.any {
            continue;
        }
        if !asks.tests.has(&range.test) {
            fault(Column::Test, format!("no item of the study has the test {}", range.test));
        }
        if !range.unit.is_empty() && !asks.units.has(&range.unit) {
            fault(Column::Unit, format!("no item of the study has the unit {}", range.unit));
        }
    }
    faults
}

fn warnings(asks: &Asks, read: &RangesRead) -> Vec<proto::RangeWarning> {
    let about = |line: Option<&u32>, said: &Wording| proto::RangeWarning {
        line: line.map_or(0, |line| value::number(*line)),
        message: said.en.clone(),
        text: value::wording(said),
    };
    let mut all = Vec::new();
    if !asks.any {
        let said = Wording::new(
            "no derivation of the study reads ranges, as range_low does",
            "研究中没有推导公式读取参考范围（如 range_low）",
        );
        all.push(about(None, &said));
    }
    let gaps = gaps(&read.ranges);
    all.extend(gaps.iter().map(|(at, gap)| about(read.lines.get(*at), gap)));
    all.truncate(MOST_FAULTS);
    all
}

fn unreadable(error: &FormatError) -> Error {
    let place = if error.line == 0 { String::new() } else { format!(":{}", error.line) };
    let what = format!("{}; {}", error.what, error.advice);
    refusal(1).with_violation(format!("{}{place}", error.file), what)
}

/// Each fault is a violation called `file:line:column`.
fn faulty(file: &str, faults: &[RangeFault]) -> Error {
    faults.iter().take(MOST_FAULTS).fold(refusal(faults.len()), |error, fault| {
        let column = fault.column.map(|one| format!(":{}", one.name())).unwrap_or_default();
        error.with_violation(format!("{file}:{}{column}", fault.line), fault.what.clone())
    })
}

fn refusal(count: usize) -> Error {
    let message = format!("the ranges cannot be loaded: {count} places are wrong");
    Error::new(Code::InvalidArgument, "RANGES_FAULTY", message)
}

/// One range as the contract says it.
pub(super) fn told(range: &ReferenceRange) -> proto::ReferenceRange {
    let age = |age: Option<u32>| age.map(value::number);
    proto::ReferenceRange {
        laboratory: range.laboratory.clone(),
        site_oid: range.site.as_ref().map(ToString::to_string),
        test: range.test.clone(),
        unit: range.unit.clone(),
        sex: range.sex.map(|sex| sex.code().to_owned()),
        age_from: age(range.age.from),
        age_to: age(range.age.to),
        age_unit: range.age.from.or(range.age.to).map(|_| range.age.unit.code().to_owned()),
        low: range.low.map(|low| low.to_string()),
        high: range.high.map(|high| high.to_string()),
        texts: range.texts.clone(),
        valid_from: range.valid_from.map(|day| day.to_string()),
        valid_to: range.valid_to.map(|day| day.to_string()),
    }
}
