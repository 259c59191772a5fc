//! Names: items of the record, and what a rule reads elsewhere.

use super::{Aggregate, Checker, Slot, Source, Typed, Wrong, emit, unknown};
use crate::{
    RangePart, Reference, Type,
    fault::did_you_mean,
    syntax::{Kind, Node},
    types::Ty,
};

impl Checker<'_> {
    pub(super) fn name(&mut self, at: usize, name: &str) -> Typed {
        if let Some(depth) = self.variables.iter().rposition(|(variable, _)| variable == name) {
            return (emit::ident(format!("%{depth}")), Ty::One(self.variables[depth].1));
        }
        match self.item_slot(at, name) {
            Some(slot) => self.value_of(slot),
            None => unknown(),
        }
    }

    pub(super) fn value_of(&self, slot: usize) -> Typed {
        (emit::ident(format!("@{slot}")), Ty::One(self.slots[slot].of))
    }

    fn item_slot(&mut self, at: usize, name: &str) -> Option<usize> {
        if let Some(of) = self.scope.item(name) {
            let shown = name.to_owned();
            return Some(self.slot(at, Source::Item(name.to_owned()), of, shown));
        }
        if self.scope.rows.contains_key(name) {
            self.flaw(
                at,
                format!("{name} repeats; use sum, min, max, mean or n, as in sum(\"{name}\")"),
                format!("{name} 是重复项；请使用 sum、min、max、mean 或 n，如 sum(\"{name}\")"),
            );
            return None;
        }
        let known = self.scope.items.keys().map(String::as_str);
        let (en, zh) = suggestion(name, known);
        self.flaw(
            at,
            format!("there is no item {name} here{en}"),
            format!("此处没有条目 {name}{zh}"),
        );
        None
    }

    pub(super) fn slot(&mut self, at: usize, source: Source, of: Type, shown: String) -> usize {
        if let Some(known) = self.slots.iter().position(|slot| slot.source == source) {
            return known;
        }
        self.slots.push(Slot { source, of, shown, at });
        self.slots.len() - 1
    }

    /// The slot of what can be missing: an item, or a call that reads something.
    pub(super) fn readable(&mut self, function: &str, node: Node) -> Option<usize> {
        let at = node.at;
        match node.kind {
            Kind::Name(name) => self.item_slot(at, &name),
            Kind::Call(name, args) => {
                let read = self.reference(at, &name, &args);
                if read.is_none() {
                    self.not_readable(function, at);
                }
                read?.ok()
            }
            _ => {
                self.not_readable(function, at);
                None
            }
        }
    }

    pub(super) fn not_readable(&mut self, function: &str, at: usize) {
        self.flaw(
            at,
            format!("{function} takes an item, or what previous, value, first or last reads"),
            format!("{function} 的参数应为条目，或 previous、value、first、last 读取的值"),
        );
    }

    /// A call that reads something: `None` if `function` does not read.
    pub(super) fn reference(
        &mut self,
        at: usize,
        function: &str,
        args: &[Node],
    ) -> Option<Result<usize, Wrong>> {
        let slot = match function {
            "previous" => self.previous(at, args),
            "value" | "first" | "last" => self.at_event(at, function, args),
            "count" => self.count(at, args),
            "others" => self.others(at, args),
            "sum" => return self.rows(at, Aggregate::Sum, function, args),
            "min" => return self.rows(at, Aggregate::Min, function, args),
            "max" => return self.rows(at, Aggregate::Max, function, args),
            "mean" => return self.rows(at, Aggregate::Mean, function, args),
            "n" => return self.rows(at, Aggregate::Count, function, args),
            _ => self.range(at, RangePart::of_function(function)?, args),
        };
        Some(slot.ok_or(Wrong))
    }

    fn previous(&mut self, at: usize, args: &[Node]) -> Option<usize> {
        let [item] = self.literals(at, "previous(\"ITEM\")", args)?;
        let scope = self.scope;
        let Some(of) = scope.items.get(&item).or_else(|| scope.rows.get(&item)).copied() else {
            let (en, zh) = suggestion(&item, scope.items.keys().map(String::as_str));
            self.flaw(
                at,
                format!("there is no item {item} here{en}"),
                format!("此处没有条目 {item}{zh}"),
            );
            return None;
        };
        Some(self.elsewhere(at, Reference::Previous { item }, of))
    }

    fn at_event(&mut self, at: usize, function: &str, args: &[Node]) -> Option<usize> {
        let usage = format!("{function}(\"EVENT\", \"FORM\", \"ITEM\")");
        let [event, form, item] = self.literals(at, &usage, args)?;
        let catalogue = &self.scope.catalogue;
        let Some(forms) = catalogue.events.get(&event) else {
            let (en, zh) = suggestion(&event, catalogue.events.keys().map(String::as_str));
            self.flaw(
                at,
                format!("the study has no event {event}{en}"),
                format!("研究中没有访视 {event}{zh}"),
            );
            return None;
        };
        if !forms.contains(&form) {
            let (en, zh) = suggestion(&form, forms.iter().map(String::as_str));
            self.flaw(
                at,
                format!("event {event} has no form {form}{en}"),
                format!("访视 {event} 中没有表单 {form}{zh}"),
            );
            return None;
        }
        let items = catalogue.forms.get(&form)?;
        let Some(of) = items.get(&item).copied() else {
            let (en, zh) = suggestion(&item, items.keys().map(String::as_str));
            self.flaw(
                at,
                format!("form {form} has no item {item}{en}"),
                format!("表单 {form} 中没有条目 {item}{zh}"),
            );
            return None;
        };
        let reference = match function {
            "first" => Reference::First { event, form, item },
            "last" => Reference::Last { event, form, item },
            _ => Reference::Value { event, form, item },
        };
        Some(self.elsewhere(at, reference, of))
    }

    fn count(&mut self, at: usize, args: &[Node]) -> Option<usize> {
        let [form] = self.literals(at, "count(\"FORM\")", args)?;
        let forms = &self.scope.catalogue.forms;
        if !forms.contains_key(&form) {
            let (en, zh) = suggestion(&form, forms.keys().map(String::as_str));
            self.flaw(
                at,
                format!("the study has no form {form}{en}"),
                format!("研究中没有表单 {form}{zh}"),
            );
            return None;
        }
        Some(self.elsewhere(at, Reference::Count { form }, Type::Int))
    }

    fn others(&mut self, at: usize, args: &[Node]) -> Option<usize> {
        let mut items = Vec::with_capacity(args.len());
        for arg in args {
            let Kind::Text(item) = &arg.kind else { break };
            self.item_slot(arg.at, item)?;
            items.push(item.clone());
        }
        if items.is_empty() || items.len() != args.len() {
            self.flaw(
                at,
                "write others(\"ITEM\", …), with the names as quoted texts",
                "请写作 others(\"ITEM\", …)，名称加引号直接书写",
            );
            return None;
        }
        Some(self.elsewhere(at, Reference::Others { items }, Type::Int))
    }

    pub(super) fn elsewhere(&mut self, at: usize, reference: Reference, of: Type) -> usize {
        let shown = reference.to_string();
        self.slot(at, Source::Elsewhere(reference), of, shown)
    }

    /// `sum("ITEM")` and the like; `None` when the argument is not the name of an item.
    fn rows(
        &mut self,
        at: usize,
        aggregate: Aggregate,
        function: &str,
        args: &[Node],
    ) -> Option<Result<usize, Wrong>> {
        let [Node { kind: Kind::Text(item), .. }] = args else { return None };
        let rows = &self.scope.rows;
        let Some(of) = rows.get(item).copied() else {
            let (en, zh) = suggestion(item, rows.keys().map(String::as_str));
            self.flaw(
                at,
                format!("there is no item {item} in a repeating group here{en}"),
                format!("此处的重复组中没有条目 {item}{zh}"),
            );
            return Some(Err(Wrong));
        };
        let result = match aggregate {
            Aggregate::Count => Type::Int,
            Aggregate::Mean => Type::Dec,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max => of,
        };
        if aggregate != Aggregate::Count && !of.is_number() {
            self.flaw(
                at,
                format!("{function}(\"{item}\") needs a number, but {item} is {of}"),
                format!("{function}(\"{item}\") 需要数字，而 {item} 是{}", of.zh()),
            );
            return Some(Err(Wrong));
        }
        let shown = format!("{function}({item:?})");
        Some(Ok(self.slot(at, Source::Rows(aggregate, item.clone(), of), result, shown)))
    }

    /// The arguments, all of which must be written as texts.
    fn literals<const N: usize>(
        &mut self,
        at: usize,
        usage: &str,
        args: &[Node],
    ) -> Option<[String; N]> {
        let texts = args.iter().map_while(|arg| match &arg.kind {
            Kind::Text(text) => Some(text.clone()),
            _ => None,
        });
        let found = <[String; N]>::try_from(texts.collect::<Vec<_>>()).ok();
        if found.is_none() || args.len() != N {
            self.flaw(
                at,
                format!("write {usage}, with the names as quoted texts"),
                format!("请写作 {usage}，名称加引号直接书写"),
            );
            return None;
        }
        found
    }
}

/// "; did you mean X?" in both languages, or nothing.
pub(super) fn suggestion<'a>(
    written: &str,
    known: impl Iterator<Item = &'a str>,
) -> (String, String) {
    match did_you_mean(written, known) {
        Some(name) => (format!("; did you mean {name}?"), format!("；是否应为 {name}？")),
        None => (String::new(), String::new()),
    }
}
