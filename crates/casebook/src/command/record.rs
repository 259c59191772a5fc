//! `casebook record`: notes one dated event for a subject.

use std::process::ExitCode;

use anyhow::Result;
use edc::RecordEvent;
use kernel::RepeatKey;

use crate::{
    assembly::{Assembly, terminal},
    cli::Record,
    config::Config,
};

pub async fn run(record: Record) -> Result<ExitCode> {
    let assembly = Assembly::open(&Config::new(&record.place, None)?).await?;
    let (study, subject) = (record.study.as_str().into(), record.subject.as_str().into());
    let on = match record.date {
        Some(date) => date,
        None => assembly.edc.today_at_site_of(&study, &subject).await?.to_string(),
    };
    let event = record.study_event.map(|event| (event.as_str().into(), RepeatKey::first()));
    let noted = RecordEvent { subject, on: on.clone(), text: record.event, event };
    assembly.edc.record_event(&terminal(false), &study, None, &noted).await?;
    println!("noted for {} on {on}: {}", noted.subject, noted.text);
    Ok(ExitCode::SUCCESS)
}
