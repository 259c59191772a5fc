//! The rows of the survey: groups, repeats and questions.

use std::collections::BTreeMap;

use kernel::{
    DataType, Texts,
    study::{GroupShape, ItemDef, ItemShape},
};

use super::{
    OID, TYPE, Writing,
    names::{Plan, Question, Several},
    set,
};
use crate::Severity;

/// The name that the reader gives to what stands in no group.
const OUTSIDE: &str = "main";
/// From this length on a text is asked for with several lines.
const LONG_TEXT_CHARS: u32 = 200;

impl Writing<'_> {
    pub(super) fn rows(&mut self) {
        let plans = std::mem::take(&mut self.plans);
        let last = self.groups.len();
        for (at, (group, plan)) in self.groups.iter().zip(&plans).enumerate() {
            if group.items.is_empty() {
                continue;
            }
            let is_outside = at + 1 == last
                && plan.name == OUTSIDE
                && group.oid.as_str() == format!("{}.{OUTSIDE}", self.form.oid)
                && !group.repeats
                && group.exception.is_none();
            if !is_outside {
                self.begin(group, plan);
            }
            for question in &plan.questions {
                self.question(group, question);
            }
            if !is_outside {
                let end = if group.repeats { "end repeat" } else { "end group" };
                self.push(BTreeMap::from([("type".to_owned(), end.to_owned())]));
            }
        }
        self.plans = plans;
    }

    fn begin(&mut self, group: &GroupShape, plan: &Plan) {
        let mut cells = BTreeMap::new();
        set(&mut cells, "type", if group.repeats { "begin repeat" } else { "begin group" });
        set(&mut cells, "name", &plan.name);
        if let Some(def) = self.design.group(&group.oid) {
            self.set_texts(&mut cells, "label", &def.description);
        }
        if !group.repeats {
            set(&mut cells, "appearance", "field-list");
        }
        if group.oid.as_str() != format!("{}.{}", self.form.oid, plan.name) {
            set(&mut cells, OID, group.oid.as_str());
        }
        if let Some(limit) = group.limit {
            let text = format!("at most {limit} rows: the rows of a repeat are not counted there");
            self.say(Severity::Warning, format!("item group {}", group.oid), text);
        }
        // A condition of a repeat stands outside of it.
        if let Some(exception) = &group.exception {
            let about = format!("item group {}", group.oid);
            if let Some(relevant) = self.relevant(exception, None, &about, None) {
                set(&mut cells, "relevant", &relevant);
            }
        }
        self.push(cells);
    }

    fn question(&mut self, group: &GroupShape, question: &Question) {
        let shape = &group.items[question.items.start];
        let Some(def) = self.design.item(&shape.oid) else { return };
        let mut cells = BTreeMap::new();
        set(&mut cells, "name", &question.name);
        if question.several.is_none() && question.name != def.name {
            let text = format!("is called {} there, where names are told apart", question.name);
            self.say(Severity::Note, format!("item {}", def.oid), text);
        }
        if let Some(several) = &question.several {
            self.several(&mut cells, question, several);
        } else {
            self.single(&mut cells, def, shape, question);
            self.constraint(&mut cells, group, (def, shape));
        }
        self.hint(&mut cells, def);
        if let Some(exception) = &shape.exception {
            let about = format!("item {}", def.oid);
            let row = Some((self.sheets.survey.len(), question.name.as_str()));
            if let Some(relevant) = self.relevant(exception, Some(group), &about, row) {
                set(&mut cells, "relevant", &relevant);
            }
        }
        self.push(cells);
    }

    fn several(
        &mut self,
        cells: &mut BTreeMap<String, String>,
        question: &Question,
        several: &Several,
    ) {
        let list = self.choices_of(&question.name, &several.choices);
        set(cells, "type", &format!("select_multiple {list}"));
        self.set_texts(cells, "label", &several.label);
    }

    fn single(
        &mut self,
        cells: &mut BTreeMap<String, String>,
        def: &ItemDef,
        shape: &ItemShape,
        question: &Question,
    ) {
        let calculation = shape.method.as_ref().and_then(|method| {
            let row = Some((self.sheets.survey.len(), question.name.as_str()));
            self.calculation(method, def, row)
        });
        let is_silent = calculation.is_some()
            && def.question.is_empty()
            && def.data_type == DataType::Text
            && def.code_list.is_none();
        let (kind, read_as) = if is_silent {
            ("calculate".to_owned(), DataType::Text)
        } else {
            self.kind(cells, def)
        };
        set(cells, "type", &kind);
        if def.data_type != read_as {
            set(cells, TYPE, def.data_type.as_odm());
        }
        if def.oid.as_str() != question.name {
            set(cells, OID, def.oid.as_str());
        }
        if !is_silent {
            let label = self.label(def);
            self.set_texts(cells, "label", &label);
            if shape.method.is_some() {
                set(cells, "read_only", "yes");
            }
        }
        set(cells, "calculation", &calculation.unwrap_or_default());
        if shape.mandatory {
            set(cells, "required", "yes");
        }
        if def.data_type == DataType::Text && def.length.is_some_and(|l| l > LONG_TEXT_CHARS) {
            set(cells, "appearance", "multiline");
        }
    }

    /// The type of a question, and the type that it is read as.
    fn kind(&mut self, cells: &mut BTreeMap<String, String>, def: &ItemDef) -> (String, DataType) {
        use DataType as T;
        if def.data_type == T::Boolean {
            return (format!("select_one {}", self.true_or_false()), T::Text);
        }
        if let Some(list) = self.code_list(cells, def) {
            return (format!("select_one {list}"), T::Text);
        }
        let (kind, read_as) = match def.data_type {
            T::Integer => ("integer", T::Integer),
            T::Float | T::Double | T::Decimal => ("decimal", T::Decimal),
            T::Date => ("date", T::Date),
            T::Time => ("time", T::Time),
            T::Datetime => ("dateTime", T::Datetime),
            T::File => ("file", T::File),
            T::Text | T::String => ("text", T::Text),
            other => {
                let text = format!("{} is a text there, which may be anything", other.as_odm());
                self.warn(&def.oid, text);
                ("text", T::Text)
            }
        };
        (kind.to_owned(), read_as)
    }

    /// The question, or what stands for it: a question must have a label.
    fn label(&mut self, def: &ItemDef) -> Texts {
        if !def.question.is_empty() {
            return def.question.clone();
        }
        self.say(
            Severity::Note,
            format!("item {}", def.oid),
            "has no question; its description or name is asked",
        );
        if def.description.is_empty() {
            Texts::one("", def.name.as_str())
        } else {
            def.description.clone()
        }
    }

    /// The instructions, with the unit behind them.
    fn hint(&mut self, cells: &mut BTreeMap<String, String>, def: &ItemDef) {
        let mut hint = def.instructions.clone();
        if let [unit] = def.units.as_slice() {
            let unit = self.design.unit(unit);
            let symbol = unit.and_then(|unit| unit.symbol.in_lang("en").map(str::to_owned));
            let symbol = symbol.or_else(|| unit.map(|unit| unit.name.clone()));
            if let Some(symbol) = symbol {
                if hint.is_empty() {
                    hint = Texts::one("", symbol.as_str());
                } else {
                    hint.0.values_mut().for_each(|text| *text = format!("{text} ({symbol})"));
                }
                let text = format!("its unit, {symbol}, is said in the hint only");
                self.say(Severity::Note, format!("item {}", def.oid), text);
            }
        } else if !def.units.is_empty() {
            self.warn(&def.oid, "its unit is chosen, of which a questionnaire knows nothing");
        }
        self.set_texts(cells, "hint", &hint);
    }
}
