//! `enableWhen` as an expression (<http://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen>).

use kernel::{DataType, PartialDate, canonical};

use super::{Form, Making, plain};
use crate::{
    Severity,
    fhir::{
        json::Json,
        names::{DATA_TYPE, NAME, extension_text},
        questionnaire::type_of,
    },
};

/// What is known of a question before any is made.
pub(super) struct Known<'j> {
    /// The name by which expressions know its item.
    pub name: String,
    data_type: DataType,
    /// The link of the group that repeats around it.
    repeat: Option<&'j str>,
}

impl Making {
    /// Learns all questions first: a condition may name one that comes later.
    pub(super) fn know<'j>(
        &mut self,
        form: &mut Form<'j>,
        items: &'j [Json],
        repeat: Option<&'j str>,
    ) {
        for item in items {
            let link = item.text("linkId").unwrap_or_default();
            let kind = item.text("type").unwrap_or_default();
            let is_group = kind == "group";
            let inside = if is_group && item.is_true("repeats") { Some(link) } else { repeat };
            if let Some(data_type) = type_of(kind).filter(|_| !is_group) {
                self.question_known(form, (item, link), data_type, repeat);
            }
            self.know(form, item.list("item"), inside);
        }
    }

    fn question_known<'j>(
        &mut self,
        form: &mut Form<'j>,
        (item, link): (&Json, &'j str),
        data_type: DataType,
        repeat: Option<&'j str>,
    ) {
        if link.is_empty() || form.known.contains_key(link) {
            let about = format!("{}, linkId {link}", form.label);
            let said = "has no link, or one that another question has; it is left out";
            return self.say(Severity::Warning, &about, said);
        }
        let wanted = extension_text(item, NAME).map_or_else(|| plain(link), str::to_owned);
        let mut name = wanted.clone();
        let mut number = 1;
        while !form.own && !form.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}_{number}");
        }
        let stated = extension_text(item, DATA_TYPE).and_then(super::codes::data_type);
        let several = item.is_true("repeats") && repeat.is_none();
        let repeat = if several { Some(link) } else { repeat };
        form.known.insert(link, Known { name, data_type: stated.unwrap_or(data_type), repeat });
    }
}

/// When a question is asked; none where it always is. Refuses what cannot be said here.
pub(super) fn enabled(
    form: &Form<'_>,
    item: &Json,
    here: Option<&str>,
) -> Result<Option<String>, String> {
    let conditions = item.list("enableWhen");
    let parts =
        conditions.iter().map(|one| part(form, one, here)).collect::<Result<Vec<_>, _>>()?;
    let any = item.text("enableBehavior") == Some("any");
    Ok(match parts.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => {
            let several: Vec<String> = several.iter().map(|one| format!("({one})")).collect();
            Some(several.join(if any { " || " } else { " && " }))
        }
    })
}

fn part(form: &Form<'_>, condition: &Json, here: Option<&str>) -> Result<String, String> {
    let link = condition.text("question").unwrap_or_default();
    let known = form.known.get(link).ok_or_else(|| format!("there is no question {link}"))?;
    if known.repeat.is_some() && known.repeat != here {
        return Err(format!("question {link} is in a group that repeats, and has several values"));
    }
    let name = &known.name;
    let operator = condition.text("operator").unwrap_or_default();
    let mut answers = condition.members().iter().filter(|(name, _)| name.starts_with("answer"));
    let answer = answers.next().ok_or("it compares with nothing")?;
    if operator == "exists" {
        let function = if answer.1 == Json::Bool(true) { "answered" } else { "missing" };
        return Ok(format!("{function}({name})"));
    }
    let sign = match operator {
        "=" => "==",
        "!=" | ">" | "<" | ">=" | "<=" => operator,
        other => return Err(format!("'{other}' is no operator")),
    };
    let literal = literal(known.data_type, &answer.1)
        .ok_or_else(|| format!("question {link} cannot be compared with its {}", answer.0))?;
    // What was not answered enables nothing, and is otherwise not evaluated here.
    Ok(format!("answered({name}) && {name} {sign} {literal}"))
}

fn literal(of: DataType, answer: &Json) -> Option<String> {
    let text = match answer {
        Json::Text(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(on) => on.to_string(),
        // The code of a coding; of a quantity the number, whose unit is that of the question.
        Json::Object(_) => match answer.get("code").filter(|_| answer.get("value").is_none()) {
            Some(code) => code.as_text()?.to_owned(),
            None => match answer.get("value")? {
                Json::Number(number) if answer.get("code").is_none() => number.to_string(),
                _ => return None,
            },
        },
        Json::Null | Json::List(_) => return None,
    };
    let quoted = || serde_json::to_string(&text).ok();
    match of {
        DataType::Boolean | DataType::Integer => {
            canonical(of, &text).ok().map(|text| text.to_string())
        }
        number if number.is_number() => canonical(of, &text).ok().map(|text| text.to_string()),
        date if date.is_date() => {
            PartialDate::parse(&text).and_then(|_| Some(format!("date({})", quoted()?)))
        }
        DataType::Time => {
            canonical(of, &text).ok().and_then(|_| Some(format!("time({})", quoted()?)))
        }
        DataType::Text | DataType::String => quoted(),
        _ => None,
    }
}
