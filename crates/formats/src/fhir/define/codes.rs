//! The answers of a choice as a code list.

use std::collections::BTreeSet;

use kernel::{
    DataType, Texts,
    study::{CodeList, CodeListItem},
};

use super::{Form, Making, alias, plain, texts};
use crate::{
    Severity,
    fhir::{json::Json, names::oid_in},
};

/// The type that an extension names.
pub(super) fn data_type(name: &str) -> Option<DataType> {
    if name == "file" { Some(DataType::File) } else { DataType::from_odm(name) }
}

/// One answer that can be chosen.
struct Choice {
    system: Option<String>,
    code: String,
    decode: Texts,
}

impl Making {
    /// The OID of the code list of a question, and the type of its codes; none where it has no list, or
    /// none that is in the file.
    pub(super) fn code_list(
        &mut self,
        form: &Form<'_>,
        item: &Json,
        (about, link): (&str, &str),
        stated: Option<DataType>,
    ) -> Option<(String, DataType)> {
        let kind = item.text("type").unwrap_or_default();
        if !matches!(kind, "choice" | "open-choice") {
            return None;
        }
        let (choices, of) = self.choices(form, item, about);
        let of = stated.unwrap_or(of);
        if kind == "open-choice" {
            let said =
                "takes other answers than those that are listed: it is a text without a list";
            self.say(Severity::Warning, about, said);
            return None;
        }
        if choices.is_empty() {
            return None;
        }
        let systems: BTreeSet<&String> =
            choices.iter().filter_map(|one| one.system.as_ref()).collect();
        if systems.len() > 1 {
            let said = "has codes of several systems, which are one list here";
            self.say(Severity::Warning, about, said);
        }
        let own = systems.first().and_then(|system| oid_in(system, "CodeList"));
        let own = own.map(|(_, oid)| oid).filter(|_| form.own);
        if let Some(known) =
            own.as_ref().filter(|oid| self.taken.contains(&("CodeList", (*oid).clone())))
        {
            return Some((known.clone(), of));
        }
        let foreign =
            systems.iter().filter(|_| own.is_none()).map(|system| alias(system)).collect();
        let wanted = own.unwrap_or_else(|| format!("CL.{}.{}", form.prefix, plain(link)));
        let oid = self.oid("CodeList", &wanted);
        let items = choices.into_iter().map(|choice| CodeListItem {
            coded_value: choice.code,
            decode: choice.decode,
            ..CodeListItem::default()
        });
        let list = CodeList {
            oid: oid.as_str().into(),
            name: texts(item, "text").in_lang("en").unwrap_or(link).to_owned(),
            data_type: of,
            items: items.collect(),
            aliases: foreign,
            ..CodeList::default()
        };
        self.places.set("CodeList", &oid, self.line);
        self.version.code_lists.push(list);
        Some((oid, of))
    }

    fn choices(&mut self, form: &Form<'_>, item: &Json, about: &str) -> (Vec<Choice>, DataType) {
        if let Some(set) = item.text("answerValueSet") {
            let found = set.strip_prefix('#').and_then(|id| {
                let mut contained = form.json.list("contained").iter();
                contained.find(|one| one.text("id") == Some(id))
            });
            let Some(found) = found else {
                let said = format!(
                    "its answers are those of {set}, which is not in the file: it is a text"
                );
                self.say(Severity::Warning, about, said);
                return (Vec::new(), DataType::Text);
            };
            return (of_value_set(found), DataType::Text);
        }
        let mut of = DataType::Text;
        let mut choices: Vec<Choice> = Vec::new();
        for option in item.list("answerOption") {
            let mut values = option.members().iter().filter(|(name, _)| name.starts_with("value"));
            let choice = match values.next().map(|(name, value)| (name.as_ref(), value)) {
                Some(("valueCoding", coding)) => of_coding(coding, None),
                Some((_, Json::Text(text))) => Some(text_choice(text)),
                Some(("valueInteger", Json::Number(number))) => {
                    of = DataType::Integer;
                    Some(text_choice(number))
                }
                _ => None,
            };
            match choice {
                Some(choice) if choices.iter().all(|known| known.code != choice.code) => {
                    choices.push(choice);
                }
                _ => {
                    let said =
                        "has an answer without a code, or with that of another; it is left out";
                    self.say(Severity::Warning, about, said);
                }
            }
        }
        (choices, of)
    }
}

fn text_choice(text: &str) -> Choice {
    Choice { system: None, code: text.to_owned(), decode: Texts::default() }
}

fn of_coding(coding: &Json, system: Option<&str>) -> Option<Choice> {
    let system = coding.text("system").or(system).map(str::to_owned);
    let code = coding.text("code").or_else(|| coding.text("display"))?.to_owned();
    Some(Choice { system, code, decode: texts(coding, "display") })
}

/// The codes that a value set lists.
fn of_value_set(set: &Json) -> Vec<Choice> {
    let expanded = set.get("expansion").map_or(&[][..], |expansion| expansion.list("contains"));
    if !expanded.is_empty() {
        return expanded.iter().filter_map(|one| of_coding(one, None)).collect();
    }
    let included = set.get("compose").map_or(&[][..], |compose| compose.list("include"));
    let codes = included.iter().flat_map(|include| {
        let system = include.text("system");
        include.list("concept").iter().filter_map(move |concept| of_coding(concept, system))
    });
    codes.collect()
}
