//! `casebook ranges`: loads and lists reference ranges of laboratories, and lays them anew on results.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use contract::{
    Context, Grant, Role,
    edc::v1::{
        Edc, ImportRangesRequest, ListRangesRequest, ListRangesResponse, RecomputeRangesRequest,
        RecomputedSubject, ReferenceRange,
    },
};

use crate::{
    assembly::{Assembly, terminal},
    cli::ranges::{ImportRanges, ListRanges, Ranges, RecomputeRanges},
    config::Config,
};

/// Ranges and subjects of one call.
const RANGES_AT_A_TIME: i32 = 1_000;
const SUBJECTS_AT_A_TIME: i32 = 100;

pub async fn run(args: Ranges) -> Result<ExitCode> {
    match args {
        Ranges::Import(args) => import(args).await,
        Ranges::List(args) => list(args).await,
        Ranges::Recompute(args) => recompute(args).await,
    }
}

async fn import(args: ImportRanges) -> Result<ExitCode> {
    let path = args.file.display().to_string();
    let content = std::fs::read(&args.file).with_context(|| format!("cannot read {path}"))?;
    let name = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy();
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let request = ImportRangesRequest {
        study_oid: args.study,
        file_name: name.clone().into_owned(),
        content,
        sheet: args.sheet,
        encoding: args.encoding,
        dry_run: args.dry_run,
        reason: args.reason.unwrap_or_else(|| format!("ranges of {name}")),
        request_id: None,
    };
    let loaded = match assembly.edc.import_ranges(&terminal(false), request).await {
        Ok(loaded) => loaded,
        Err(error) => {
            for fault in error.violations() {
                eprintln!("{}: {}", fault.field, fault.description);
            }
            eprintln!("nothing was written: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    for warning in &loaded.warnings {
        let line = if warning.line > 0 { format!(":{}", warning.line) } else { String::new() };
        println!("{name}{line}: {}", warning.message);
    }
    let end = match (args.dry_run, loaded.unchanged) {
        (true, _) => "can be loaded",
        (false, true) => "were there already; nothing was written",
        (false, false) => "loaded; recorded results keep theirs until `casebook ranges recompute`",
    };
    println!("{} {end}", counted(i64::from(loaded.range_count), "range"));
    Ok(ExitCode::SUCCESS)
}

async fn list(args: ListRanges) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let mut request = ListRangesRequest {
        study_oid: args.study,
        test: args.test,
        site_oid: args.site,
        laboratory: None,
        entry: args.entry,
        page_size: Some(RANGES_AT_A_TIME),
        page_token: None,
    };
    let mut all = ListRangesResponse::default();
    loop {
        let page = assembly.edc.list_ranges(&terminal(false), request.clone()).await?;
        all.ranges.extend(page.ranges);
        all.imports = page.imports;
        all.range_count = page.range_count;
        request.page_token = page.next_page_token;
        if request.page_token.is_none() {
            break;
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    for import in &all.imports {
        println!(
            "entry {}: {}, {}, by {}: {}",
            import.entry,
            import.file_name,
            counted(i64::from(import.range_count), "range"),
            import.imported_by,
            import.reason
        );
    }
    println!("laboratory,site,test,unit,sex,age,low,high,texts,from,to");
    for range in &all.ranges {
        println!("{}", line(range));
    }
    Ok(ExitCode::SUCCESS)
}

fn line(range: &ReferenceRange) -> String {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let age = |age: Option<i32>| age.map_or_else(String::new, |age| age.to_string());
    let ages = match &range.age_unit {
        Some(unit) => format!("{}-{} {unit}", age(range.age_from), age(range.age_to)),
        None => String::new(),
    };
    [
        range.laboratory.clone(),
        given(&range.site_oid),
        range.test.clone(),
        range.unit.clone(),
        given(&range.sex),
        ages,
        given(&range.low),
        given(&range.high),
        range.texts.join("; "),
        given(&range.valid_from),
        given(&range.valid_to),
    ]
    .join(",")
}

async fn recompute(args: RecomputeRanges) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&args.place, None)?).await?;
    let mut request = RecomputeRangesRequest {
        study_oid: args.study,
        site_oid: args.site,
        dry_run: args.dry_run,
        reason: args.reason,
        page_size: Some(SUBJECTS_AT_A_TIME),
        page_token: None,
        request_id: None,
    };
    let (mut subjects, mut records, mut values, mut left) = (0_i64, 0_i64, 0_i64, 0_i64);
    loop {
        let page = assembly.edc.recompute_ranges(&manager(), request.clone()).await?;
        for subject in &page.subjects {
            subjects += i64::from(subject.changed_value_count > 0);
            records += i64::from(subject.changed_record_count);
            values += i64::from(subject.changed_value_count);
            left += tell_left(subject);
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_none() {
            break;
        }
    }
    let end = if args.dry_run { " would change" } else { "" };
    println!(
        "{} in {} of {}{end}, {} left",
        counted(values, "value"),
        counted(records, "record"),
        counted(subjects, "subject"),
        counted(left, "record")
    );
    Ok(ExitCode::SUCCESS)
}

/// Names the records that were left as they are, and says how many.
fn tell_left(subject: &RecomputedSubject) -> i64 {
    let mut count = 0;
    for left in &subject.left_records {
        count += 1;
        let Some(place) = &left.record else { continue };
        println!(
            "{} {} {}: left as it is, {}",
            subject.subject_key, place.study_event_oid, place.form_oid, left.refusal
        );
    }
    count
}

/// `1 range`, `2 ranges`.
fn counted(count: i64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Whoever is at the terminal, as the data manager who lays ranges anew.
fn manager() -> Context {
    let mut context = terminal(false);
    let role = Role::DataManager;
    context.caller.grants.push(Grant { role, study: None, site: None });
    context
}
