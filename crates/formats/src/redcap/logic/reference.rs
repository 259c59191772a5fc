//! `[field]`, `[field(code)]`, `[event][field]`: what a reference reads.

use super::{FieldType, KnownField, LogicScope, Untranslated, emit::Cel};

/// A reference, taken apart.
struct Parts<'a> {
    event: Option<&'a str>,
    field: &'a str,
    code: Option<&'a str>,
    instance: Option<&'a str>,
}

impl LogicScope<'_> {
    /// What a reference reads, as a name or call of which `missing` can be asked.
    pub(super) fn read(&self, at: usize, brackets: &[String]) -> Result<Cel, Untranslated> {
        let no = |why: String| Untranslated::new(at, why);
        let parts = self
            .parts(brackets)
            .ok_or_else(|| no(format!("[{}] is not understood as a field", brackets.join("]["))))?;
        if let Some(instance) = parts.instance {
            return Err(no(format!("an instance is read by its number or place: [{instance}]")));
        }
        if parts.field == self.record_id {
            return Err(no(format!("[{}] is the key of the participant, no item", parts.field)));
        }
        let Some(known) = self.fields.get(parts.field) else {
            let why = if parts.field.contains('-') {
                format!("the smart variable [{}] has no counterpart", parts.field)
            } else {
                format!("there is no field [{}]", parts.field)
            };
            return Err(no(why));
        };
        let item = item(at, known, &parts)?;
        let text = self.place(at, known, &parts, item)?;
        Ok(Cel::readable(text, known.of))
    }

    /// How an item is read from where the logic runs.
    fn place(
        &self,
        at: usize,
        known: &KnownField,
        parts: &Parts<'_>,
        item: &str,
    ) -> Result<String, Untranslated> {
        let no = |why: String| Untranslated::new(at, why);
        let form = &known.form;
        let at_event = |event: &str| format!("value(\"{event}\", \"{form}\", \"{item}\")");
        match parts.event {
            None if form == self.form => Ok(item.to_owned()),
            None => {
                if self.repeating.contains(form) {
                    return Err(no(format!("[{}] stands on a form that repeats", parts.field)));
                }
                let here =
                    |(_, forms): &&(String, Vec<String>)| forms.iter().any(|one| one == self.form);
                let mut events = self.events.iter().filter(here);
                match (events.next(), events.next()) {
                    (Some((event, forms)), None) if forms.contains(form) => Ok(at_event(event)),
                    _ => Err(no(format!(
                        "[{}] stands on form {form}, and this form is at more than one event: \
                         name the event",
                        parts.field
                    ))),
                }
            }
            Some("previous-event-name") if form == self.form => Ok(format!("previous(\"{item}\")")),
            Some("first-event-name") => {
                let event = self.events.first().map(|(event, _)| event.as_str());
                let event = event.filter(|_| self.arms() == 1);
                event.map(at_event).ok_or_else(|| no("the first event depends on the arm".into()))
            }
            Some(event) => {
                let known = self.events.iter().find(|(name, _)| name == event);
                match known {
                    Some((_, forms)) if forms.contains(form) => Ok(at_event(event)),
                    Some(_) => Err(no(format!("form {form} is not collected at event {event}"))),
                    None => Err(no(format!("[{event}] has no counterpart here"))),
                }
            }
        }
    }

    fn arms(&self) -> usize {
        let arm = |event: &str| event.rsplit_once("_arm_").map(|(_, arm)| arm.to_owned());
        let arms: std::collections::BTreeSet<_> =
            self.events.iter().map(|(event, _)| arm(event)).collect();
        arms.len()
    }

    fn parts<'a>(&self, brackets: &'a [String]) -> Option<Parts<'a>> {
        let is_event = |part: &str| {
            part.ends_with("event-name") || self.events.iter().any(|(event, _)| event == part)
        };
        let is_instance =
            |part: &str| part.ends_with("-instance") || part.bytes().all(|b| b.is_ascii_digit());
        let mut rest = brackets;
        let mut event = None;
        if rest.len() > 1 && is_event(&rest[0]) {
            event = Some(rest[0].as_str());
            rest = &rest[1..];
        }
        let mut instance = None;
        if rest.len() > 1 && is_instance(&rest[rest.len() - 1]) {
            instance = Some(rest[rest.len() - 1].as_str());
            rest = &rest[..rest.len() - 1];
        }
        let [field] = rest else { return None };
        if let Some((field, code)) = field.split_once('(') {
            let code = code.strip_suffix(')')?;
            return Some(Parts { event, field: field.trim(), code: Some(code.trim()), instance });
        }
        Some(Parts { event, field, code: None, instance })
    }
}

/// The item of a field: of a checkbox field that of the choice.
fn item<'k>(at: usize, known: &'k KnownField, parts: &Parts<'k>) -> Result<&'k str, Untranslated> {
    let no = |why: String| Untranslated::new(at, why);
    match (known.of == FieldType::Truth, parts.code) {
        (false, None) => Ok(parts.field),
        (true, Some(code)) => known
            .choices
            .get(code)
            .or_else(|| known.choices.get(&code.to_lowercase()))
            .map(String::as_str)
            .ok_or_else(|| no(format!("field {} has no choice {code}", parts.field))),
        (true, None) => Err(no(format!(
            "[{0}] is a checkbox field: name the choice, as in [{0}(1)]",
            parts.field
        ))),
        (false, Some(_)) => Err(no(format!("[{}] is no checkbox field", parts.field))),
    }
}
