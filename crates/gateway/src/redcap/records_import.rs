//! Records in: every row is planned first, and then saved form by form, like what somebody enters.

use std::collections::{BTreeMap, BTreeSet};

use contract::{
    Code, Error,
    edc::v1::{
        GetFormRecordRequest, ItemEntry, SaveFormRequest, ScreenSubjectRequest, Site, item_entry,
        missing::Reason, site::Status,
    },
};
use formats::redcap::{
    DateOrder, FlatRow, Layout, NEW, PlanOptions, PlannedSave, PlannedValue, of_eav,
};

use super::{Reply, fault::Fault, form::Shape, people::site_of, project::Call, rows_in};

/// Why values that were complete before change.
const REASON: &str = "import through the REDCap interface";

/// Saves of one participant, in the order of the rows.
struct Planned {
    record: String,
    group: String,
    saves: Vec<PlannedSave>,
}

pub(super) async fn import(call: Call) -> Result<Reply, Fault> {
    if call.form.is_true("backgroundProcess") {
        return Err(Fault::not_offered("backgroundProcess"));
    }
    let layout = call.layout().await?;
    let mut rows = flat_rows(&call, &layout)?;
    let numbered = if call.form.is_true("forceAutoNumber") {
        renumber(&call, &mut rows).await?
    } else {
        Vec::new()
    };
    let planned = plan(&call, &layout, &rows)?;
    let sites = call.sites().await?;
    let known: BTreeSet<String> =
        call.subjects().await?.into_iter().map(|subject| subject.subject_key).collect();
    for one in &planned {
        if !known.contains(&one.record) {
            screen(&call, &sites, one).await?;
        }
        for save in &one.saves {
            save_form(&call, &one.record, save).await?;
        }
    }
    let records: Vec<&str> = planned.iter().map(|one| one.record.as_str()).collect();
    Ok(answer(&call, &records, &numbered))
}

fn flat_rows(call: &Call, layout: &Layout) -> Result<Vec<FlatRow>, Fault> {
    let is_eav = call.form.get("type") == "eav";
    let record_id = layout.dictionary.record_id();
    let is_checkbox = |name: &str| {
        let mut fields = layout.dictionary.fields.iter();
        fields.any(|field| field.name() == name && field.is_checkbox())
    };
    let mut flat: Vec<FlatRow> = Vec::new();
    for (at, row) in rows_in::rows(&call.form)?.into_iter().enumerate() {
        let number = at as u64 + 1;
        if !is_eav {
            flat.push(FlatRow::of_columns(number, 0, record_id, row.into_iter()));
            continue;
        }
        let mut one = of_eav(number, 0, &row, &is_checkbox)
            .map_err(|unread| Fault::invalid(format!("row {}: {}", unread.number, unread.why)))?;
        one.values.retain(|(column, _)| column != record_id);
        match flat.last_mut().filter(|last| last.same_place(&one)) {
            Some(last) => last.values.append(&mut one.values),
            None => flat.push(one),
        }
    }
    if flat.is_empty() {
        return Err(Fault::invalid("the data have no row"));
    }
    Ok(flat)
}

/// Gives each record of the call the next free number; answers the new name beside the old one.
async fn renumber(call: &Call, rows: &mut [FlatRow]) -> Result<Vec<(String, String)>, Fault> {
    let subjects = call.subjects().await?;
    let numbers = subjects.iter().filter_map(|one| one.subject_key.parse::<u64>().ok());
    let mut last = numbers.max().unwrap_or_default();
    let mut names: Vec<(String, String)> = Vec::new();
    for row in rows {
        let given = names.iter().find(|(_, old)| *old == row.record).map(|(new, _)| new.clone());
        let name = given.unwrap_or_else(|| {
            last += 1;
            names.push((last.to_string(), row.record.clone()));
            last.to_string()
        });
        row.record = name;
    }
    Ok(names)
}

/// Plans all rows; nothing is saved when one of them cannot be taken.
fn plan(call: &Call, layout: &Layout, rows: &[FlatRow]) -> Result<Vec<Planned>, Fault> {
    let options = PlanOptions {
        overwrite: call.form.get("overwriteBehavior") == "overwrite",
        dates: match call.form.get("dateFormat") {
            "" | "YMD" => DateOrder::YearMonthDay,
            "MDY" => DateOrder::MonthDayYear,
            "DMY" => DateOrder::DayMonthYear,
            other => return Err(Fault::invalid(format!("'{other}' is no dateFormat"))),
        },
    };
    let mut planned: Vec<Planned> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for row in rows {
        let saves = match layout.plan(row, options) {
            Ok(saves) => saves,
            Err(found) => {
                faults.extend(found);
                continue;
            }
        };
        let at = *places.entry(row.record.as_str()).or_insert_with(|| {
            let (record, group) = (row.record.clone(), String::new());
            planned.push(Planned { record, group, saves: Vec::new() });
            planned.len() - 1
        });
        planned[at].saves.extend(saves);
        if planned[at].group.is_empty() {
            planned[at].group.clone_from(&row.group);
        }
    }
    if faults.is_empty() { Ok(planned) } else { Err(Fault::of_cells(&faults)) }
}

/// Takes a participant over from the other system. The consent is on record there.
async fn screen(call: &Call, sites: &[Site], planned: &Planned) -> Result<(), Fault> {
    let site = if planned.group.is_empty() {
        let mut active = sites.iter().filter(|site| site.status == i32::from(Status::Active));
        match (active.next(), active.next()) {
            (Some(only), None) => only,
            (None, _) => return Err(Fault::invalid("the study has no site that is active")),
            _ => {
                let message = "the study has several sites: name one for each new record in \
                               redcap_data_access_group";
                return Err(Fault::invalid(message));
            }
        }
    } else {
        site_of(sites, &planned.group).ok_or_else(|| {
            Fault::invalid(format!("there is no data access group '{}'", planned.group))
        })?
    };
    let request = ScreenSubjectRequest {
        study_oid: call.study.clone(),
        site_oid: site.site_oid.clone(),
        subject_key: Some(planned.record.clone()),
        took_place: true,
        ..ScreenSubjectRequest::default()
    };
    call.redcap.edc.screen_subject(&call.context, request).await?;
    Ok(())
}

/// How often a save is tried again because somebody else saved the same form.
const MOST_TRIES: usize = 3;

async fn save_form(call: &Call, record: &str, save: &PlannedSave) -> Result<(), Fault> {
    // What is new in a save is one repeat, of its form or of its group.
    let mut made = None;
    let form_repeat = resolve(call, record, save, &save.form_repeat, &mut made).await?;
    let mut values = Vec::with_capacity(save.entries.len());
    for entry in &save.entries {
        let entered = match &entry.given {
            PlannedValue::Text(text) => item_entry::Entry::Value(text.clone()),
            PlannedValue::Missing(reason) => {
                let reason = Reason::from_str_name(reason.code()).unwrap_or(Reason::Unknown);
                item_entry::Entry::MissingReason(reason.into())
            }
            PlannedValue::Clear => item_entry::Entry::Clear(true),
        };
        values.push(ItemEntry {
            item_group_oid: entry.group.to_string(),
            item_group_repeat_key: resolve(call, record, save, &entry.group_repeat, &mut made)
                .await?,
            item_oid: entry.item.to_string(),
            entry: Some(entered),
            unit_oid: None,
        });
    }
    let mut tries = 0;
    loop {
        let seen_version = version(call, record, save, &form_repeat).await?;
        let request = SaveFormRequest {
            study_oid: call.study.clone(),
            subject_key: record.to_owned(),
            study_event_oid: save.event.to_string(),
            study_event_repeat_key: save.event_repeat.clone(),
            form_oid: save.form.to_string(),
            form_repeat_key: form_repeat.clone(),
            seen_version: Some(seen_version),
            reason: Some(REASON.to_owned()),
            values: values.clone(),
            complete: save.complete,
            request_id: None,
        };
        tries += 1;
        match call.redcap.edc.save_form(&call.context, request).await {
            Ok(_) => return Ok(()),
            Err(error) if error.reason() == "STALE_RECORD" && tries < MOST_TRIES => {}
            Err(error) => return Err(of_save(record, save, &error)),
        }
    }
}

/// The refusal of a save, with the record and the columns that it is about.
fn of_save(record: &str, save: &PlannedSave, error: &Error) -> Fault {
    let mut lines = Vec::new();
    for violation in error.violations() {
        let at = violation.field.strip_prefix("values[").and_then(|rest| rest.split(']').next());
        let at: Option<usize> = at.and_then(|at| at.parse().ok());
        let column = at.and_then(|at| save.entries.get(at)).map(|entry| entry.column.as_str());
        let column = column.unwrap_or(save.form.as_str());
        lines.push(format!("\"{record}\",\"{column}\",\"\",\"{}\"", violation.description));
    }
    if lines.is_empty() {
        let fault = Fault::of(error);
        return Fault::new(error.code(), format!("record {record}: {}", fault.message()));
    }
    Fault::new(error.code(), lines.join("\n"))
}

async fn version(
    call: &Call,
    record: &str,
    save: &PlannedSave,
    form_repeat: &str,
) -> Result<i32, Fault> {
    let request = place(call, record, save, form_repeat);
    match call.redcap.edc.get_form_record(&call.context, request).await {
        Ok(found) => Ok(found.version),
        Err(error) if error.code() == Code::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn place(call: &Call, record: &str, save: &PlannedSave, form_repeat: &str) -> GetFormRecordRequest {
    GetFormRecordRequest {
        study_oid: call.study.clone(),
        subject_key: record.to_owned(),
        study_event_oid: save.event.to_string(),
        study_event_repeat_key: save.event_repeat.clone(),
        form_oid: save.form.to_string(),
        form_repeat_key: form_repeat.to_owned(),
    }
}

/// The number of a repeat: the one that is named, or the first that is free.
async fn resolve(
    call: &Call,
    record: &str,
    save: &PlannedSave,
    repeat: &str,
    made: &mut Option<String>,
) -> Result<String, Fault> {
    const MOST_REPEATS: u32 = 10_000;
    if repeat != NEW {
        return Ok(repeat.to_owned());
    }
    let is_row = save.form_repeat != NEW;
    if let Some(number) = made {
        return Ok(number.clone());
    }
    for number in 1..MOST_REPEATS {
        let name = number.to_string();
        let (form_repeat, group) = if is_row {
            (save.form_repeat.as_str(), save.entries.first().map(|entry| entry.group.as_str()))
        } else {
            (name.as_str(), None)
        };
        let request = place(call, record, save, form_repeat);
        let found = call.redcap.edc.get_form_record(&call.context, request).await?;
        let is_free = match group {
            None => found.version == 0,
            Some(group) => !found
                .item_groups
                .iter()
                .any(|row| row.item_group_oid == group && row.item_group_repeat_key == name),
        };
        if is_free {
            *made = Some(name.clone());
            return Ok(name);
        }
    }
    Err(Fault::new(Code::OutOfRange, "there are too many repeats"))
}

fn answer(call: &Call, records: &[&str], numbered: &[(String, String)]) -> Reply {
    let shape = call.form.error_shape();
    let text = match (call.form.get("returnContent"), shape) {
        ("ids" | "auto_ids", _) => {
            let is_auto = call.form.get("returnContent") == "auto_ids" && !numbered.is_empty();
            let ids: Vec<String> = if is_auto {
                numbered.iter().map(|(new, old)| format!("{new},{old}")).collect()
            } else {
                records.iter().map(|record| (*record).to_owned()).collect()
            };
            match shape {
                Shape::Json => serde_json::json!(ids).to_string(),
                Shape::Csv => format!("id\n{}\n", ids.join("\n")),
                Shape::Xml => {
                    let each = ids.iter().map(|id| format!("<id><![CDATA[{id}]]></id>"));
                    let each: String = each.collect();
                    format!("<?xml version=\"1.0\" encoding=\"UTF-8\" ?><ids>{each}</ids>")
                }
            }
        }
        ("nothing", Shape::Json) => "[{}]".to_owned(),
        ("nothing", _) => String::new(),
        (_, Shape::Json) => serde_json::json!({ "count": records.len() }).to_string(),
        (_, Shape::Csv) => records.len().to_string(),
        (_, Shape::Xml) => {
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\" ?><count>{}</count>", records.len())
        }
    };
    Reply::Text(shape.media_type(), text.into_bytes())
}
