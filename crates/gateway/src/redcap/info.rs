//! What a project is, and what can be asked of it beside its records.

use contract::{Code, edc::v1::GetStudyRequest};

use super::{Reply, fault::Fault, form::Shape, project::Call};

/// The version of REDCap's interface that is followed.
const VERSION: &str = "15.0.0";

pub(super) fn version(call: &Call) -> Reply {
    call.plain(VERSION)
}

/// Facts about the project. A flag is 1 or 0; nothing is empty.
pub(super) async fn project(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let request = GetStudyRequest { study_oid: call.study.clone(), ..GetStudyRequest::default() };
    let study = call.redcap.edc.get_study(&call.context, request).await?;
    let flag = |is: bool| u8::from(is).to_string();
    // In REDCap the codes of a project are its own; here there are five that all studies have.
    let codes = "NOT_DONE, Not done | NOT_APPLICABLE, Not applicable | UNKNOWN, Unknown | \
                 REFUSED, Refused | NOT_ASKED, Not asked";
    let facts = [
        ("project_id", number_of(&call.study).to_string()),
        ("project_title", study.study_name),
        ("creation_time", String::new()),
        ("production_time", String::new()),
        ("in_production", flag(true)),
        ("project_language", "English".to_owned()),
        ("purpose", flag(false)),
        ("purpose_other", String::new()),
        ("project_notes", String::new()),
        ("custom_record_label", String::new()),
        ("secondary_unique_field", String::new()),
        ("is_longitudinal", flag(layout.is_longitudinal())),
        ("has_repeating_instruments_or_events", flag(layout.has_repeats())),
        ("surveys_enabled", flag(false)),
        ("scheduling_enabled", flag(false)),
        ("record_autonumbering_enabled", flag(false)),
        ("randomization_enabled", flag(false)),
        ("ddp_enabled", flag(false)),
        ("project_irb_number", String::new()),
        ("project_grant_number", String::new()),
        ("project_pi_firstname", String::new()),
        ("project_pi_lastname", String::new()),
        ("display_today_now_button", flag(true)),
        ("missing_data_codes", codes.to_owned()),
        ("external_modules", String::new()),
        ("bypass_branching_erase_field_prompt", flag(false)),
    ];
    let header = facts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let row = facts.iter().map(|(_, value)| value.clone()).collect();
    if call.form.shape()? != Shape::Json {
        return call.table(&[header, row], &|_| false);
    }
    let object = facts.into_iter().map(|(name, value)| {
        let number = value.parse::<i64>().ok().filter(|number| number.to_string() == value);
        (name.to_owned(), number.map_or(serde_json::Value::from(value), serde_json::Value::from))
    });
    let object: serde_json::Map<_, _> = object.collect();
    let text = serde_json::Value::Object(object).to_string();
    Ok(Reply::Text("application/json", text.into_bytes()))
}

/// A number for a study, which has none: the first 31 bits of a hash (FNV-1a) of its OID.
fn number_of(study: &str) -> u32 {
    let hash = study
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash >> 1
}

/// The number behind the greatest name that is a number.
pub(super) async fn next_record(call: Call) -> Result<Reply, Fault> {
    let subjects = call.subjects().await?;
    let numbers = subjects.iter().filter_map(|one| one.subject_key.parse::<u64>().ok());
    let last = numbers.max().unwrap_or_default();
    let next = last.checked_add(1);
    let next = next.ok_or_else(|| Fault::new(Code::OutOfRange, "there is no number left"))?;
    Ok(call.plain(&next.to_string()))
}
