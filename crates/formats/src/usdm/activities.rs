//! Activities: with biomedical concepts they are forms of their encounters.

use kernel::{
    DataType, StudyVersion,
    study::{
        Alias, CodeList, CodeListItem, FormDef, FormRef, ItemDef, ItemGroupDef, ItemGroupRef,
        ItemRef, Parameter,
    },
};
use serde_json::Value;

use super::{
    Reading,
    json::{Source, clean, list, name_of, text},
    texts,
    timeline::main_timeline,
};

impl Reading<'_> {
    pub(super) fn activities(&mut self, version: &Value, design: &Value, out: &mut StudyVersion) {
        let instances = main_timeline(design).map_or(&[][..], |t| list(t, "instances"));
        for activity in list(design, "activities") {
            let id = text(activity, "id");
            let encounters: Vec<&Value> = instances
                .iter()
                .filter(|i| list(i, "activityIds").iter().any(|a| a == id))
                .filter_map(|i| self.source.object(text(i, "encounterId")))
                .collect();
            if list(activity, "biomedicalConceptIds").is_empty() {
                self.without_concepts(activity, &encounters, out);
                continue;
            }
            let form = self.form(version, activity, out);
            for encounter in encounters {
                let event = Source::oid("SE", encounter);
                let event = out.events.iter_mut().find(|e| e.oid.as_str() == event);
                let Some(event) = event else { continue };
                if event.forms.iter().all(|known| known.form != form.oid) {
                    let order = u32::try_from(event.forms.len() + 1).ok();
                    let (form, mandatory) = (form.oid.clone(), true);
                    event.forms.push(FormRef { form, mandatory, order, ..FormRef::default() });
                }
            }
            out.forms.push(form);
        }
    }

    /// Says what happens when, since there is nothing to collect it with.
    fn without_concepts(
        &mut self,
        activity: &Value,
        encounters: &[&Value],
        out: &mut StudyVersion,
    ) {
        let mut when: Vec<&str> = encounters.iter().map(|encounter| name_of(encounter)).collect();
        when.dedup();
        let at = if when.is_empty() { "not scheduled".to_owned() } else { when.join(", ") };
        let value = format!("{}: {at}", name_of(activity));
        out.protocol.parameters.push(Parameter { term: "Activity".to_owned(), value });
        let about = format!("activity {}", name_of(activity));
        self.note(text(activity, "id"), &about, "has no biomedical concept, so no form is made");
    }

    fn form(&mut self, version: &Value, activity: &Value, out: &mut StudyVersion) -> FormDef {
        let oid = Source::oid("F", activity);
        self.place("FormDef", &oid, text(activity, "id"));
        let mut groups = Vec::new();
        for concept_id in list(activity, "biomedicalConceptIds") {
            let id = concept_id.as_str().unwrap_or_default();
            let concepts = list(version, "biomedicalConcepts");
            let Some(concept) = concepts.iter().find(|c| text(c, "id") == id) else {
                self.warn(
                    text(activity, "id"),
                    &format!("FormDef {oid}"),
                    format!("{id} is not in the file"),
                );
                continue;
            };
            let group = self.group(activity, concept, out);
            let order = u32::try_from(groups.len() + 1).ok();
            let (mandatory, kept) = (true, kernel::study::Kept::default());
            groups.push(ItemGroupRef {
                group: group.oid.clone(),
                mandatory,
                order,
                exception: None,
                kept,
            });
            out.item_groups.push(group);
        }
        for surrogate in list(activity, "bcSurrogateIds") {
            let id = surrogate.as_str().unwrap_or_default();
            let Some(surrogate) = self.source.object(id) else { continue };
            let said = format!("asks for '{}' without saying how", name_of(surrogate));
            self.note(id, &format!("FormDef {oid}"), said);
        }
        let alias = |context: &str, name: &str| Alias {
            context: context.to_owned(),
            name: name.to_owned(),
        };
        FormDef {
            oid: oid.into(),
            name: name_of(activity).to_owned(),
            description: texts(text(activity, "description")),
            groups,
            aliases: vec![
                alias("USDM.name", text(activity, "name")),
                alias("USDM.id", text(activity, "id")),
            ],
            ..FormDef::default()
        }
    }

    fn group(&mut self, activity: &Value, concept: &Value, out: &mut StudyVersion) -> ItemGroupDef {
        let stem = format!("{}.{}", clean(text(activity, "name")), clean(text(concept, "name")));
        let oid = format!("IG.{stem}");
        self.place("ItemGroupDef", &oid, text(concept, "id"));
        let mut items = Vec::new();
        for property in list(concept, "properties") {
            if property["isEnabled"] == Value::Bool(false) {
                continue;
            }
            let item = self.item(&stem, property, out);
            items.push(ItemRef {
                item: item.oid.clone(),
                mandatory: property["isRequired"] == Value::Bool(true),
                order: u32::try_from(items.len() + 1).ok(),
                ..ItemRef::default()
            });
            out.items.push(item);
        }
        let code = text(&concept["code"]["standardCode"], "code").to_owned();
        ItemGroupDef {
            oid: oid.into(),
            name: name_of(concept).to_owned(),
            items,
            aliases: vec![Alias { context: "nci:ExtCodeID".to_owned(), name: code }],
            ..ItemGroupDef::default()
        }
    }

    fn item(&mut self, stem: &str, property: &Value, out: &mut StudyVersion) -> ItemDef {
        let name = text(property, "name");
        let oid = format!("I.{stem}.{}", clean(name));
        self.place("ItemDef", &oid, text(property, "id"));
        let data_type = match text(property, "datatype") {
            "" | "string" => DataType::Text,
            other => DataType::from_odm(other).unwrap_or_else(|| {
                let said = format!("its datatype '{other}' is read as text");
                self.warn(text(property, "id"), &format!("ItemDef {oid}"), said);
                DataType::Text
            }),
        };
        let items: Vec<CodeListItem> = list(property, "responseCodes")
            .iter()
            .filter(|response| response["isEnabled"] != Value::Bool(false))
            .map(|response| CodeListItem {
                coded_value: text(&response["code"], "code").to_owned(),
                decode: texts(text(&response["code"], "decode")),
                ..CodeListItem::default()
            })
            .collect();
        let mut code_list = None;
        if !items.is_empty() {
            let list_oid = format!("CL.{stem}.{}", clean(name));
            code_list = Some(list_oid.as_str().into());
            let (oid, name) = (list_oid.into(), name_of(property).to_owned());
            out.code_lists.push(CodeList { oid, name, items, ..CodeList::default() });
        }
        ItemDef {
            oid: oid.into(),
            name: name.to_owned(),
            data_type: if code_list.is_some() { DataType::Text } else { data_type },
            question: texts(name_of(property)),
            code_list,
            ..ItemDef::default()
        }
    }
}
