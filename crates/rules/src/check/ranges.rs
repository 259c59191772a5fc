//! Calls that read reference ranges, and the one that holds a result against its range.

use super::{Checker, Typed, emit, unknown};
use crate::{
    RangeArgument, RangeCall, RangePart, Reference, Type,
    check::Source,
    syntax::{Kind, Node},
    types::Ty,
};

/// What an argument of a range is, in both languages.
struct Wanted {
    types: &'static [Type],
    en: &'static str,
    zh: &'static str,
}

const TEST: Wanted = Wanted { types: &[Type::Text], en: "the test", zh: "检验项目" };
const UNIT: Wanted = Wanted { types: &[Type::Text], en: "the unit", zh: "单位" };
const SEX: Wanted = Wanted { types: &[Type::Text], en: "the sex", zh: "性别" };
const BORN: Wanted = Wanted {
    types: &[Type::Date, Type::DateTime, Type::Int, Type::Dec],
    en: "the birth date or the age in years",
    zh: "出生日期或年龄（岁）",
};
const ON: Wanted =
    Wanted {
        types: &[Type::Date, Type::DateTime], en: "the day of collection", zh: "采集日期"
    };
const LABORATORY: Wanted = Wanted { types: &[Type::Text], en: "the laboratory", zh: "实验室" };

impl Checker<'_> {
    /// `range_low(test, unit, sex, birth, on)` and the like, with the laboratory as a sixth argument.
    pub(super) fn range(&mut self, at: usize, part: RangePart, args: &[Node]) -> Option<usize> {
        let (name, first, laboratory) = match args {
            [first @ .., laboratory] if args.len() == 6 => {
                (part.function(), first, Some(laboratory))
            }
            _ => (part.function(), args, None),
        };
        let [test, unit, sex, born, on] = first else {
            let usage = format!("{name}(test, unit, sex, birth, collected) or with a laboratory");
            self.flaw(at, format!("write {usage}"), format!("请写作 {usage}"));
            return None;
        };
        let test = self.range_argument(name, test, &TEST);
        let unit = self.range_argument(name, unit, &UNIT);
        let sex = self.range_argument(name, sex, &SEX);
        let born = self.range_argument(name, born, &BORN);
        let on = self.range_argument(name, on, &ON);
        let laboratory = match laboratory {
            None => None,
            Some(node) => Some(self.range_argument(name, node, &LABORATORY)?.0),
        };
        let (born, of_born) = born?;
        let call = RangeCall {
            part,
            test: test?.0,
            unit: unit?.0,
            sex: sex?.0,
            born,
            is_age: matches!(of_born, Type::Int | Type::Dec),
            on: on?.0,
            laboratory,
        };
        let of = if part == RangePart::Texts { Type::Text } else { Type::Dec };
        Some(self.elsewhere(at, Reference::Range(Box::new(call)), of))
    }

    /// A text that is written there, an item, or what is read elsewhere; with its type.
    fn range_argument(
        &mut self,
        function: &str,
        node: &Node,
        wanted: &Wanted,
    ) -> Option<(RangeArgument, Type)> {
        let at = node.at;
        let (argument, of) = if let Kind::Text(text) = &node.kind {
            (RangeArgument::Text(text.clone()), Type::Text)
        } else {
            let slot = self.readable(function, node.clone())?;
            let slot = &self.slots[slot];
            let argument = match &slot.source {
                Source::Item(name) => RangeArgument::Item(name.clone()),
                Source::Elsewhere(reference) => RangeArgument::Elsewhere(reference.clone()),
                Source::Rows(..) => {
                    self.not_readable(function, at);
                    return None;
                }
            };
            (argument, slot.of)
        };
        if !wanted.types.contains(&of) {
            self.flaw(
                at,
                format!("{function} needs {} here, not {of}", wanted.en),
                format!("{function} 此处需要{}，而不是{}", wanted.zh, of.zh()),
            );
            return None;
        }
        Some((argument, of))
    }

    /// `range_indicator(result, low, high)`, with the normal texts as a fourth argument. Limits and texts
    /// may be missing.
    pub(super) fn range_indicator(&mut self, at: usize, mut args: Vec<Node>) -> Typed {
        if args.len() == 3 {
            args.push(Node { at, kind: Kind::Text(String::new()) });
        }
        let places: Vec<usize> = args.iter().map(|arg| arg.at).collect();
        let parts: Vec<Typed> = args.into_iter().map(|arg| self.node(arg)).collect();
        if parts.iter().any(|(_, of)| *of == Ty::Unknown) {
            return unknown();
        }
        let number_or_text =
            |of: Ty| matches!(of, Ty::One(of) if of.is_number() || of == Type::Text);
        let limit = |of: Ty| matches!(of, Ty::One(of) if of.is_number());
        let fits = |nth: usize, of: Ty| match nth {
            0 => number_or_text(of),
            1 | 2 => limit(of),
            _ => of == Ty::One(Type::Text),
        };
        let wrong = parts.iter().enumerate().find(|(nth, (_, of))| !fits(*nth, *of));
        if let Some((nth, (_, of))) = wrong {
            let (en, zh) = match nth {
                0 => ("a number or a text", "数字或文本"),
                1 | 2 => ("a number", "数字"),
                _ => ("a text", "文本"),
            };
            return self.wrong(
                places[nth],
                format!("range_indicator needs {en} here, not {}", of.en()),
                format!("range_indicator 此处需要{zh}，而不是{}", of.zh()),
            );
        }
        let parts = parts.into_iter().map(|(tree, _)| tree).collect();
        (emit::placed("indicator", parts, at), Ty::One(Type::Text))
    }
}
