//! The items of a questionnaire as item groups and items.

use kernel::{
    CodeListOid, ConditionOid, MethodOid, Texts, UnitOid,
    study::{
        Alias, Comparator, ConditionDef, Expression, GroupRepeat, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, MethodDef, RangeCheck, UnitDef,
    },
};

use super::{Form, Making, alias, plain, texts};
use crate::{
    Severity,
    fhir::{
        json::Json,
        names::{CHOSEN_UNIT, DATA_TYPE, NAME, UCUM, extension_text},
        questionnaire::{
            ASKED_WHEN, DERIVED_BY, MAX_DECIMALS, MAX_VALUE, MIN_VALUE, UNIT, UNIT_OPTION, type_of,
        },
    },
};

const EXTENSIONS: [&str; 9] = [
    ASKED_WHEN,
    DATA_TYPE,
    DERIVED_BY,
    MAX_DECIMALS,
    MAX_VALUE,
    MIN_VALUE,
    NAME,
    UNIT,
    UNIT_OPTION,
];

/// Where a question stands.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// What must be true for it to be asked.
    relevant: &'a [String],
    /// The link of the group that repeats around it.
    repeat: Option<&'a str>,
    /// The place of its group among those of the form.
    group: usize,
}

/// A group of the form that is read.
struct Made {
    def: ItemGroupDef,
    relevant: Vec<String>,
    mandatory: bool,
    /// Another form has it too, and brought it.
    is_shared: bool,
}

impl Making {
    /// Makes the groups of a form; `title` names that of the questions that stand in none.
    pub(super) fn groups(&mut self, form: &mut Form<'_>, title: &Texts) -> Vec<ItemGroupRef> {
        let main = self.made(form, "main", title.clone(), &[]);
        let mut groups = vec![main];
        let around = Around { relevant: &[], repeat: None, group: 0 };
        self.items(form, form.json.list("item"), around, &mut groups);
        let mut refs = Vec::new();
        for made in groups.into_iter().filter(|made| !made.def.items.is_empty()) {
            let oid = made.def.oid.clone();
            let exception = self.exception(oid.as_str(), &made.relevant);
            let mandatory = made.mandatory;
            refs.push(ItemGroupRef {
                group: oid.clone(),
                mandatory,
                exception,
                ..ItemGroupRef::default()
            });
            if !made.is_shared {
                self.places.set("ItemGroupDef", oid.as_str(), self.line);
                self.version.item_groups.push(made.def);
            }
        }
        refs
    }

    fn made(&mut self, form: &Form<'_>, link: &str, text: Texts, relevant: &[String]) -> Made {
        let is_link = form.own && link != "main";
        let made = || format!("IG.{}.{}", form.prefix, plain(link));
        let wanted = if is_link { link.to_owned() } else { made() };
        let is_shared = is_link && self.taken.contains(&("ItemGroupDef", wanted.clone()));
        let oid = if is_shared { wanted } else { self.oid("ItemGroupDef", &wanted) };
        let def = ItemGroupDef {
            oid: oid.as_str().into(),
            name: text.in_lang("en").unwrap_or(link).to_owned(),
            description: text,
            aliases: if form.own { Vec::new() } else { vec![alias(link)] },
            ..ItemGroupDef::default()
        };
        Made { def, relevant: relevant.to_vec(), mandatory: false, is_shared }
    }

    fn items(
        &mut self,
        form: &mut Form<'_>,
        items: &[Json],
        around: Around<'_>,
        groups: &mut Vec<Made>,
    ) {
        for item in items {
            let link = item.text("linkId").unwrap_or_default();
            let about = format!("{}, linkId {link}", form.label);
            self.not_taken(&about, item);
            let kind = item.text("type").unwrap_or_default();
            if kind == "display" {
                self.say(Severity::Note, &about, "is a text to be read; it is not shown");
                continue;
            }
            let relevant = self.relevant(form, item, &about, around);
            let inside = Around { relevant: &relevant, ..around };
            if kind == "group" {
                self.group(form, (item, link), inside, groups);
                continue;
            }
            if type_of(kind).is_some() {
                self.question(form, (item, link), inside, groups);
            } else {
                let said = format!("the type '{kind}' is not collected here");
                self.say(Severity::Warning, &about, said);
            }
            self.items(form, item.list("item"), inside, groups);
        }
    }

    fn group(
        &mut self,
        form: &mut Form<'_>,
        (item, link): (&Json, &str),
        around: Around<'_>,
        groups: &mut Vec<Made>,
    ) {
        let repeats = item.is_true("repeats");
        if repeats && around.repeat.is_some() {
            let about = format!("{}, linkId {link}", form.label);
            let said = "a group that repeats within another becomes one that repeats beside it";
            self.say(Severity::Warning, &about, said);
        }
        let mut made = self.made(form, link, texts(item, "text"), around.relevant);
        made.mandatory = item.is_true("required");
        if let Some(name) = extension_text(item, NAME) {
            name.clone_into(&mut made.def.name);
        }
        if repeats || around.repeat.is_some() {
            made.def.repeat = GroupRepeat::Simple;
        }
        groups.push(made);
        let repeat = if repeats { Some(link) } else { around.repeat };
        let inside = Around { repeat, group: groups.len() - 1, ..around };
        self.items(form, item.list("item"), inside, groups);
    }

    fn question(
        &mut self,
        form: &mut Form<'_>,
        (item, link): (&Json, &str),
        around: Around<'_>,
        groups: &mut Vec<Made>,
    ) {
        let about = format!("{}, linkId {link}", form.label);
        let Some(name) = form.known.get(link).map(|known| known.name.clone()) else { return };
        let made = || format!("I.{}.{}", form.prefix, plain(link));
        let wanted = if form.own { link.to_owned() } else { made() };
        // An item may be in several forms; those that were written here share it.
        let is_shared = form.own && self.taken.contains(&("ItemDef", wanted.clone()));
        let oid = if is_shared { wanted } else { self.oid("ItemDef", &wanted) };
        let of_group = &groups[around.group].relevant;
        let own: Vec<String> =
            around.relevant.iter().filter(|one| !of_group.contains(one)).cloned().collect();
        let reference = ItemRef {
            item: oid.as_str().into(),
            mandatory: item.is_true("required"),
            method: self.method(item, &about, &oid),
            exception: self.exception(&format!("{}.{oid}", form.prefix), &own),
            ..ItemRef::default()
        };
        let several = item.is_true("repeats");
        if several && around.repeat.is_none() {
            let mut made = self.made(form, link, texts(item, "text"), of_group);
            made.def.repeat = GroupRepeat::Simple;
            made.def.items.push(reference);
            groups.push(made);
        } else {
            if several {
                let said = "of several answers within a group that repeats only one can be kept";
                self.say(Severity::Warning, &about, said);
            }
            groups[around.group].def.items.push(reference);
        }
        if !is_shared {
            self.places.set("ItemDef", &oid, self.line);
            let def = self.item_def(form, item, (&about, link), (&oid, &name));
            self.version.items.push(def);
        }
    }

    fn item_def(
        &mut self,
        form: &Form<'_>,
        item: &Json,
        (about, link): (&str, &str),
        (oid, name): (&str, &str),
    ) -> ItemDef {
        let kind = item.text("type").unwrap_or_default();
        let stated = extension_text(item, DATA_TYPE).and_then(super::codes::data_type);
        let (code_list, of_codes) = self.code_list(form, item, (about, link), stated).unzip();
        let data_type =
            stated.or(of_codes).or_else(|| type_of(kind)).unwrap_or(kernel::DataType::Text);
        let number = |name: &str| match item.get(name) {
            Some(Json::Number(number)) => number.parse().ok(),
            _ => None,
        };
        let codes = item.list("code").iter();
        let codes = codes.filter_map(|code| {
            let system = code.text("system").unwrap_or_default();
            let context = if system == "http://loinc.org" { "LOINC" } else { system };
            Some(Alias { context: context.to_owned(), name: code.text("code")?.to_owned() })
        });
        let link = (!form.own).then(|| alias(link));
        ItemDef {
            oid: oid.into(),
            name: name.to_owned(),
            data_type,
            length: number("maxLength"),
            significant_digits: limit(item, MAX_DECIMALS).and_then(|digits| digits.parse().ok()),
            question: texts(item, "text"),
            units: self.units(item),
            range_checks: range_checks(item),
            code_list: code_list.map(CodeListOid::new),
            aliases: link.into_iter().chain(codes).collect(),
            ..ItemDef::default()
        }
    }

    fn method(&mut self, item: &Json, about: &str, oid: &str) -> Option<MethodOid> {
        let Some(text) = extension_text(item, DERIVED_BY).map(str::to_owned) else {
            if item.is_true("readOnly") {
                let said =
                    "is not entered, and nothing says here how it is computed: it is entered";
                self.say(Severity::Warning, about, said);
            }
            return None;
        };
        let method = MethodOid::new(self.oid("MethodDef", &format!("MT.{oid}")));
        self.version.methods.push(MethodDef {
            oid: method.clone(),
            name: format!("value of {oid}"),
            expressions: vec![cel(text)],
            ..MethodDef::default()
        });
        Some(method)
    }

    fn relevant(
        &mut self,
        form: &Form<'_>,
        item: &Json,
        about: &str,
        around: Around<'_>,
    ) -> Vec<String> {
        let mut all = around.relevant.to_vec();
        all.extend(extension_text(item, ASKED_WHEN).map(str::to_owned));
        match super::conditions::enabled(form, item, around.repeat) {
            Ok(condition) => all.extend(condition),
            Err(why) => {
                self.say(
                    Severity::Warning,
                    about,
                    format!("its enableWhen is not acted on: {why}"),
                );
            }
        }
        all
    }

    /// The condition under which something is not collected: that not all is true.
    fn exception(&mut self, of: &str, relevant: &[String]) -> Option<ConditionOid> {
        let text = match relevant {
            [] => return None,
            [only] => match only.strip_prefix("!(").and_then(|rest| rest.strip_suffix(')')) {
                Some(inner) if is_balanced(inner) => inner.to_owned(),
                _ => format!("!({only})"),
            },
            several => {
                let all: Vec<String> = several.iter().map(|one| format!("({one})")).collect();
                format!("!({})", all.join(" && "))
            }
        };
        let oid = ConditionOid::new(self.oid("ConditionDef", &format!("REL.{of}")));
        self.version.conditions.push(ConditionDef {
            oid: oid.clone(),
            name: format!("relevant of {of}"),
            expressions: vec![cel(text)],
            ..ConditionDef::default()
        });
        Some(oid)
    }

    fn units(&mut self, item: &Json) -> Vec<UnitOid> {
        let extensions = item.list("extension").iter();
        let units = extensions.filter(|one| matches!(one.text("url"), Some(UNIT | UNIT_OPTION)));
        let mut all = Vec::new();
        for coding in units.filter_map(|one| one.get("valueCoding")) {
            let code = coding.text("code").or_else(|| coding.text("display")).unwrap_or_default();
            let made = format!("MU.{}", plain(code));
            let oid = UnitOid::new(extension_text(coding, CHOSEN_UNIT).unwrap_or(&made));
            if !self.version.units.iter().any(|known| known.oid == oid) {
                let shown = coding.text("display").unwrap_or(code);
                self.version.units.push(UnitDef {
                    oid: oid.clone(),
                    name: shown.to_owned(),
                    symbol: Texts::one("", shown),
                    ucum: (coding.text("system") == Some(UCUM)).then(|| code.to_owned()),
                    ..UnitDef::default()
                });
            }
            all.push(oid);
        }
        all
    }

    /// Names what of an item is left aside.
    fn not_taken(&mut self, about: &str, item: &Json) {
        let extensions = item.list("extension").iter().filter_map(|one| one.text("url"));
        let left = extensions
            .filter(|url| !EXTENSIONS.contains(url))
            .map(|url| format!("extension {url}"));
        let initial = ["initial", "definition", "prefix", "modifierExtension"].into_iter();
        let initial = initial.filter(|name| item.get(name).is_some()).map(str::to_owned);
        let left: Vec<String> = left.chain(initial).collect();
        if !left.is_empty() {
            self.say(Severity::Warning, about, format!("not taken: {}", left.join(", ")));
        }
    }
}

fn cel(text: String) -> Expression {
    Expression { context: Expression::CEL.to_owned(), text }
}

/// Whether the brackets of a text are closed in it, each behind one that opens.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for byte in text.bytes() {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn limit(item: &Json, url: &str) -> Option<String> {
    let found = item.list("extension").iter().find(|one| one.text("url") == Some(url))?;
    match &found.members().iter().find(|(name, _)| name.starts_with("value"))?.1 {
        Json::Number(number) => Some(number.to_string()),
        Json::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn range_checks(item: &Json) -> Vec<RangeCheck> {
    let limits = [(MIN_VALUE, Comparator::Ge), (MAX_VALUE, Comparator::Le)];
    let check = |(url, comparator)| {
        Some(RangeCheck {
            comparator: Some(comparator),
            values: vec![limit(item, url)?],
            hard: true,
            ..RangeCheck::default()
        })
    };
    limits.into_iter().filter_map(check).collect()
}
