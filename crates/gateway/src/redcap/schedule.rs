//! Arms, events, which form is filled at which event, and what repeats.

use formats::redcap::{Arm, Dictionary, Event};

use super::{
    Reply,
    fault::Fault,
    project::Call,
    rows_in::{self, NamedRow},
};

const CLASSIC: &str = "You cannot export or change arms and events of a project that has none";

fn said<'r>(row: &'r NamedRow, name: &str) -> &'r str {
    row.iter().find(|(column, _)| column == name).map_or("", |(_, text)| text.trim())
}

fn number(text: &str) -> Result<u32, Fault> {
    text.parse().map_err(|_| Fault::invalid(format!("'{text}' is no number of an arm")))
}

async fn longitudinal(call: &Call) -> Result<Dictionary, Fault> {
    let layout = call.layout().await?;
    if !layout.is_longitudinal() {
        return Err(Fault::invalid(CLASSIC));
    }
    Ok(layout.dictionary.clone())
}

fn is_arm(name: &str) -> bool {
    name == "arm_num"
}

/// Keeps the rows of the arms that a call names.
fn of_arms(call: &Call, rows: &mut Vec<Vec<String>>) {
    let arms = call.form.list("arms");
    let at = rows.first().and_then(|header| header.iter().position(|name| name == "arm_num"));
    if let (Some(at), false) = (at, arms.is_empty()) {
        let header = rows.first().cloned();
        rows.retain(|row| arms.contains(&row[at]) || Some(row) == header.as_ref());
    }
}

/// Arms that have events; others are not shown, as in REDCap.
pub(super) async fn arms(call: Call) -> Result<Reply, Fault> {
    let mut dictionary = longitudinal(&call).await?;
    let events = dictionary.events.clone();
    dictionary.arms.retain(|arm| events.iter().any(|event| event.arm == arm.number));
    dictionary.arms.sort_by_key(|arm| arm.number);
    let mut rows = dictionary.arm_rows();
    of_arms(&call, &mut rows);
    call.table(&rows, &is_arm)
}

/// Adds or renames arms; with `override=1` everything about time is dropped before.
pub(super) async fn import_arms(call: Call) -> Result<Reply, Fault> {
    let rows = rows_in::rows(&call.form)?;
    let overrides = call.form.is_true("override");
    let count = call
        .change_design(|dictionary| {
            if overrides {
                dictionary.arms.clear();
                dictionary.events.clear();
                dictionary.mappings.clear();
                dictionary.repeating.clear();
            }
            for row in &rows {
                let number = number(said(row, "arm_num"))?;
                let name = said(row, "name").to_owned();
                match dictionary.arms.iter_mut().find(|arm| arm.number == number) {
                    Some(arm) => arm.name = name,
                    None => dictionary.arms.push(Arm { number, name }),
                }
            }
            Ok(rows.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

pub(super) async fn delete_arms(call: Call) -> Result<Reply, Fault> {
    let wanted = call.form.list("arms");
    let count = call
        .change_design(|dictionary| {
            for arm in &wanted {
                let number = number(arm)?;
                if !dictionary.arms.iter().any(|one| one.number == number) {
                    return Err(Fault::invalid(format!("there is no arm {arm}")));
                }
                dictionary.arms.retain(|one| one.number != number);
                let gone = dictionary.events.iter().filter(|event| event.arm == number);
                let gone: Vec<String> = gone.map(|event| event.unique_name.clone()).collect();
                drop_events(dictionary, &gone);
            }
            Ok(wanted.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

fn drop_events(dictionary: &mut Dictionary, gone: &[String]) {
    dictionary.events.retain(|event| !gone.contains(&event.unique_name));
    dictionary.mappings.retain(|(event, _)| !gone.contains(event));
    dictionary.repeating.retain(|(event, _)| !gone.contains(event));
}

pub(super) async fn events(call: Call) -> Result<Reply, Fault> {
    let dictionary = longitudinal(&call).await?;
    let mut rows = dictionary.event_rows();
    of_arms(&call, &mut rows);
    let is_number =
        |name: &str| is_arm(name) || matches!(name, "day_offset" | "offset_min" | "offset_max");
    call.table(&rows, &is_number)
}

/// Adds events, or changes those whose unique name is given.
pub(super) async fn import_events(call: Call) -> Result<Reply, Fault> {
    let rows = rows_in::rows(&call.form)?;
    let overrides = call.form.is_true("override");
    let count = call
        .change_design(|dictionary| {
            if overrides {
                dictionary.events.clear();
                dictionary.mappings.clear();
                dictionary.repeating.clear();
            }
            for row in &rows {
                let arm = number(said(row, "arm_num"))?;
                let name = said(row, "event_name").to_owned();
                if name.is_empty() {
                    return Err(Fault::invalid("an event has no event_name"));
                }
                if !dictionary.arms.iter().any(|one| one.number == arm) {
                    dictionary.arms.push(Arm { number: arm, name: format!("Arm {arm}") });
                }
                let unique_name = match said(row, "unique_event_name") {
                    "" => dictionary.unique_event(&name, arm),
                    given => given.to_owned(),
                };
                let event = Event {
                    name,
                    arm,
                    day_offset: said(row, "day_offset").to_owned(),
                    offset_min: said(row, "offset_min").to_owned(),
                    offset_max: said(row, "offset_max").to_owned(),
                    label: said(row, "custom_event_label").to_owned(),
                    unique_name,
                };
                let known = |one: &&mut Event| one.unique_name == event.unique_name;
                match dictionary.events.iter_mut().find(known) {
                    Some(one) => *one = event,
                    None => dictionary.events.push(event),
                }
            }
            dictionary.events.sort_by_key(|event| event.arm);
            Ok(rows.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

pub(super) async fn delete_events(call: Call) -> Result<Reply, Fault> {
    let wanted = call.form.list("events");
    let count = call
        .change_design(|dictionary| {
            for event in &wanted {
                if !dictionary.events.iter().any(|one| one.unique_name == *event) {
                    return Err(Fault::invalid(format!("there is no event '{event}'")));
                }
            }
            drop_events(dictionary, &wanted);
            Ok(wanted.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

pub(super) async fn mappings(call: Call) -> Result<Reply, Fault> {
    let dictionary = longitudinal(&call).await?;
    let mut rows = dictionary.mapping_rows();
    of_arms(&call, &mut rows);
    call.table(&rows, &is_arm)
}

/// Replaces which form is filled at which event.
pub(super) async fn import_mappings(call: Call) -> Result<Reply, Fault> {
    let rows = rows_in::rows(&call.form)?;
    let count = call
        .change_design(|dictionary| {
            let forms: Vec<String> = dictionary.forms().into_iter().map(str::to_owned).collect();
            let mut mappings = Vec::with_capacity(rows.len());
            for row in &rows {
                let (event, form) = (said(row, "unique_event_name"), said(row, "form"));
                let has_event = dictionary.events.iter().any(|one| one.unique_name == event);
                if !has_event || !forms.iter().any(|one| one == form) {
                    return Err(Fault::invalid(format!(
                        "there is no '{event}' with form '{form}'"
                    )));
                }
                mappings.push((event.to_owned(), form.to_owned()));
            }
            dictionary.mappings = mappings;
            let mapped = dictionary.mappings.clone();
            dictionary.repeating.retain(|(event, form)| {
                let has = |form: &String| mapped.contains(&(event.clone(), form.clone()));
                form.as_ref().is_none_or(has)
            });
            Ok(rows.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

pub(super) async fn repeating(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let mut rows = layout.dictionary.repeating_rows();
    if rows.len() == 1 {
        return Err(Fault::invalid("nothing repeats in this project"));
    }
    if !layout.is_longitudinal() {
        for row in &mut rows {
            row.remove(0);
        }
    }
    call.table(&rows, &|_| false)
}

/// Replaces what repeats.
pub(super) async fn import_repeating(call: Call) -> Result<Reply, Fault> {
    let rows = rows_in::rows(&call.form)?;
    let count = call
        .change_design(|dictionary| {
            let schedule = dictionary.schedule();
            let only = schedule.first().map(|(event, _)| event.clone()).unwrap_or_default();
            let mut repeating = Vec::with_capacity(rows.len());
            for row in &rows {
                let event = match said(row, "event_name") {
                    "" => only.clone(),
                    event => event.to_owned(),
                };
                let form = Some(said(row, "form_name").to_owned()).filter(|form| !form.is_empty());
                let known = schedule.iter().find(|(name, _)| *name == event);
                let fits = known.is_some_and(|(_, forms)| {
                    form.as_ref().is_none_or(|form| forms.contains(form))
                });
                if !fits {
                    let form = form.unwrap_or_default();
                    return Err(Fault::invalid(format!(
                        "there is no '{event}' with form '{form}'"
                    )));
                }
                repeating.push((event, form));
            }
            dictionary.repeating = repeating;
            Ok(rows.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}
