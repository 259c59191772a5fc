//! A QuestionnaireResponse as a form record.

use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

use kernel::{
    FormOid, ItemGroupOid, ItemOid, RepeatKey, StudyEventOid,
    casebook::{ItemKey, RecordKey, RowKey},
    study::{Alias, Design},
};

use super::{Of, Reading, remains, unknown_extensions};
use crate::{
    fhir::{
        answer,
        json::Json,
        names::{
            ABSENT, CHOSEN_UNIT, COLLECTED, EVENT_REPEAT, FORM_REPEAT, GROUP_REPEAT, Kind,
            extension_text, oid_in,
        },
        taken::{Taken, TakenCell, TakenRecord},
    },
    mapping::Given,
};

const TAKEN: [&str; 6] = ["identifier", "questionnaire", "status", "subject", "encounter", "item"];

/// The extensions that are known at an item, an answer and a value.
const KNOWN: [&str; 4] = [GROUP_REPEAT, ABSENT, COLLECTED, CHOSEN_UNIT];

/// What the items of a questionnaire are in a form.
pub(super) struct Links {
    groups: HashMap<String, (ItemGroupOid, bool)>,
    /// Each item with the groups that have it.
    items: HashMap<String, Vec<Link>>,
}

/// The place of an item in a form.
#[derive(Clone)]
struct Link {
    group: ItemGroupOid,
    repeats: bool,
    /// Whether the group has no other item: then several answers are rows of it.
    alone: bool,
    item: ItemOid,
}

impl Links {
    /// By OID, and by the link that an item had where the form comes from a questionnaire.
    fn new(design: &Design, form: &FormOid) -> Self {
        let mut links = Self { groups: HashMap::new(), items: HashMap::new() };
        let shape = design.shape(form);
        for group in shape.into_iter().flat_map(|shape| &shape.groups) {
            let aliases = design.group(&group.oid).map_or(&[][..], |def| def.aliases.as_slice());
            for name in names(group.oid.as_str(), aliases) {
                links.groups.entry(name).or_insert((group.oid.clone(), group.repeats));
            }
            for item in &group.items {
                let aliases = design.item(&item.oid).map_or(&[][..], |def| def.aliases.as_slice());
                for name in names(item.oid.as_str(), aliases) {
                    links.items.entry(name).or_default().push(Link {
                        group: group.oid.clone(),
                        repeats: group.repeats,
                        alone: group.items.len() == 1,
                        item: item.oid.clone(),
                    });
                }
            }
        }
        links
    }
}

fn names<'a>(oid: &'a str, aliases: &'a [Alias]) -> impl Iterator<Item = String> + 'a {
    let linked = aliases.iter().filter(|alias| alias.context == "FHIR");
    std::iter::once(oid).chain(linked.map(|alias| alias.name.as_str())).map(str::to_owned)
}

/// The answers of one response, as they are found.
struct Answers<'j> {
    of: &'j Of<'j>,
    links: Arc<Links>,
    record: TakenRecord,
    /// How often each group was there.
    counts: HashMap<ItemGroupOid, u32>,
}

impl Reading<'_, '_> {
    pub(super) fn response(&mut self, of: &Of<'_>) -> ControlFlow<()> {
        self.flush()?;
        let (subject, record) = match self.record_of(of.json) {
            Ok(place) => place,
            Err(why) => return self.refuse_all(of, &why),
        };
        if !self.seen.insert(remains(&subject, &record)) {
            return self.refuse_all(of, "the file gives this record before");
        }
        let complete = match of.json.text("status") {
            Some("completed" | "amended") => Some(true),
            Some("in-progress" | "stopped") => Some(false),
            Some("entered-in-error") => None,
            other => {
                let status = other.unwrap_or_default();
                return self.refuse_all(of, &format!("'{status}' is no status of a response"));
            }
        };
        let links = self.links.entry(record.form.clone());
        let links = links.or_insert_with(|| Arc::new(Links::new(self.words.design, &record.form)));
        let mut answers = Answers {
            of,
            links: Arc::clone(links),
            record: TakenRecord {
                subject: subject.into(),
                record,
                rows: Vec::new(),
                cells: Vec::new(),
                is_removed: complete.is_none(),
                complete,
            },
            counts: HashMap::new(),
        };
        if complete.is_none() {
            answers.record.rows.push(self.place(of.line));
        } else {
            self.items(&mut answers, of.json.list("item"), None)?;
        }
        if answers.record.rows.is_empty() {
            self.skip(of, "it has no answers")?;
        } else {
            (self.take)(Taken::Record(answers.record))?;
        }
        self.left(of, &TAKEN, &[EVENT_REPEAT, FORM_REPEAT])
    }

    /// The subject and the record: as the identifier says, else by questionnaire, subject and encounter.
    fn record_of(&self, json: &Json) -> Result<(String, RecordKey), String> {
        let form = json.text("questionnaire").map(|url| self.form(url)).transpose()?;
        let subject = json.get("subject").map(|subject| {
            self.referred(subject, Kind::Subject).map_err(|why| format!("its subject {why}"))
        });
        let identifier = json.get("identifier");
        let place = identifier.map(|one| self.place_of(one, Kind::Record)).transpose()?.flatten();
        if let Some(place) = place {
            let other_form = form.is_some_and(|form| form != place.record.form);
            let other_subject = subject.transpose()?.is_some_and(|key| key != place.subject);
            if other_form || other_subject {
                return Err("its identifier names another record than the rest of it".to_owned());
            }
            return Ok((place.subject, place.record));
        }
        let form = form.ok_or("it names no questionnaire")?;
        let subject = subject.ok_or("it names no subject")??;
        let event = match json.get("encounter") {
            Some(encounter) => StudyEventOid::new(
                self.referred(encounter, Kind::Event)
                    .map_err(|why| format!("its encounter {why}"))?,
            ),
            None => self.only_event(&form)?,
        };
        let repeat = |url| extension_text(json, url).map_or_else(RepeatKey::first, RepeatKey::new);
        let (event_repeat, form_repeat) = (repeat(EVENT_REPEAT), repeat(FORM_REPEAT));
        Ok((subject, RecordKey { event, event_repeat, form, form_repeat }))
    }

    /// The form of a questionnaire, by its canonical URL without version.
    fn form(&self, canonical: &str) -> Result<FormOid, String> {
        let url = canonical.split(['|', '#']).next().unwrap_or_default();
        if let Some((study, form)) = oid_in(url, "Questionnaire") {
            let of = self.words.names.study();
            return if study == of {
                Ok(form.into())
            } else {
                Err(format!("it is of study {study}"))
            };
        }
        let mut forms = self.words.design.version().forms.iter();
        // A relative URL names the one that ends so.
        let end = format!("/{url}");
        let is_named = |alias: &Alias| {
            let ends = url.starts_with("Questionnaire/") && alias.name.ends_with(&end);
            alias.context == "FHIR" && (alias.name == url || ends)
        };
        let found = forms.find(|form| form.aliases.iter().any(is_named));
        found
            .map(|form| form.oid.clone())
            .ok_or_else(|| format!("no form of the study is {canonical}"))
    }

    /// The event of a form that is at one event only, once.
    fn only_event(&self, form: &FormOid) -> Result<StudyEventOid, String> {
        let events = &self.words.design.version().events;
        let has_form =
            |event: &&kernel::study::StudyEventDef| event.forms.iter().any(|one| one.form == *form);
        let mut with_form = events.iter().filter(has_form);
        match (with_form.next(), with_form.next()) {
            (Some(only), None) if !only.repeating => Ok(only.oid.clone()),
            _ => {
                let system = self.words.names.system(Kind::Event);
                let said = "it names no encounter, and the form is at several events";
                Err(format!("{said}; give the event as encounter.identifier of system {system}"))
            }
        }
    }

    fn items(
        &mut self,
        answers: &mut Answers<'_>,
        items: &[Json],
        row: Option<&RowKey>,
    ) -> ControlFlow<()> {
        let mut inside: Vec<ItemGroupOid> = Vec::new();
        for item in items {
            let link = item.text("linkId").unwrap_or_default();
            self.extensions(answers, link, item)?;
            let Some((group, repeats)) = answers.links.groups.get(link).cloned() else {
                self.question(answers, item, link, row)?;
                continue;
            };
            let again = inside.contains(&group);
            let said = extension_text(item, GROUP_REPEAT);
            let count = answers.counts.entry(group.clone()).or_default();
            *count += 1;
            let repeat = match (said, row) {
                (Some(said), _) => RepeatKey::new(said),
                (None, Some(around)) if repeats && !again => around.repeat.clone(),
                _ if repeats && row.is_none() => RepeatKey::new(count.to_string()),
                _ if *count == 1 => RepeatKey::first(),
                _ => {
                    let why = "the group is there again, and does not repeat here";
                    self.refuse_part(answers, link, why)?;
                    continue;
                }
            };
            inside.push(group.clone());
            self.items(answers, item.list("item"), Some(&RowKey { group, repeat }))?;
        }
        ControlFlow::Continue(())
    }

    fn question(
        &mut self,
        answers: &mut Answers<'_>,
        item: &Json,
        link: &str,
        row: Option<&RowKey>,
    ) -> ControlFlow<()> {
        let given = item.list("answer");
        let absent = extension_text(item, ABSENT).is_some() && given.is_empty();
        let nested = item.list("item").iter();
        let nested: Vec<Json> =
            nested.chain(given.iter().flat_map(|one| one.list("item"))).cloned().collect();
        let own_row = |place: &Link| place.repeats && place.alone && row.is_none();
        let places = answers.links.items.get(link).map_or(&[][..], Vec::as_slice);
        if given.len() > 1 && !places.iter().any(own_row) {
            self.refuse_part(answers, link, "an item takes one answer, and there are several")?;
        } else {
            let given = given.iter().chain(absent.then_some(item));
            for (number, answer) in (1_u32..).zip(given) {
                self.answer(answers, (answer, number), link, row)?;
            }
        }
        self.items(answers, &nested, row)
    }

    fn answer(
        &mut self,
        answers: &mut Answers<'_>,
        (answer, number): (&Json, u32),
        link: &str,
        row: Option<&RowKey>,
    ) -> ControlFlow<()> {
        for part in std::iter::once(answer).chain(answer.members().iter().map(|(_, part)| part)) {
            self.extensions(answers, link, part)?;
        }
        let places = answers.links.items.get(link).map_or(&[][..], Vec::as_slice);
        let here = places.iter().find(|place| row.is_some_and(|row| row.group == place.group));
        let Some(Link { group, repeats, alone, item }) = here.or(places.first()).cloned() else {
            return self.refuse_part(answers, link, "the form has no such item");
        };
        let key = match row {
            Some(row) if row.group == group => row.clone(),
            Some(around) if repeats => RowKey { group, repeat: around.repeat.clone() },
            None if repeats && alone => {
                RowKey { group, repeat: RepeatKey::new(number.to_string()) }
            }
            None if repeats => {
                return self.refuse_part(answers, link, "it is not within the group that repeats");
            }
            _ => RowKey { group, repeat: RepeatKey::first() },
        };
        let item = ItemKey { row: key, item };
        if answers.record.cells.iter().any(|cell| cell.item == item) {
            return self.refuse_part(answers, link, "it is answered before");
        }
        let Some(def) = self.words.design.item(&item.item) else {
            return self.refuse_part(answers, link, "the study has no such item");
        };
        match answer::read(self.words, def, answer) {
            Err(why) => self.refuse_part(answers, link, &why),
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some((given, unit))) => {
                let place = self.place(answers.of.line);
                let from = Arc::from(format!("{} {link}", answers.of.label));
                answers.record.rows.push(place);
                let given: Given = given;
                answers.record.cells.push(TakenCell { row: place.row, from, item, given, unit });
                ControlFlow::Continue(())
            }
        }
    }

    fn extensions(&mut self, answers: &Answers<'_>, link: &str, part: &Json) -> ControlFlow<()> {
        if part.get("modifierExtension").is_some() {
            self.refuse_part(answers, link, "a modifierExtension may change what it means")?;
        }
        let unknown = unknown_extensions(part, &KNOWN);
        if unknown.is_empty() {
            return ControlFlow::Continue(());
        }
        self.skip(answers.of, &format!("linkId {link}: not taken: {}", unknown.join(", ")))
    }

    fn refuse_part(&mut self, answers: &Answers<'_>, link: &str, why: &str) -> ControlFlow<()> {
        self.refuse(answers.of.line, format!("{}, linkId {link}: {why}", answers.of.label))
    }
}
