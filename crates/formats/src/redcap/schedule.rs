//! Arms, events, and which form is filled at which event, as tables.

use std::io::Read;

use super::dictionary::{Arm, Dictionary, Event, fault};
use crate::{
    FormatError,
    table::{CsvTable, Table, TextEncoding},
};

const ARMS: [&str; 2] = ["arm_num", "name"];
const EVENTS: [&str; 7] = [
    "event_name",
    "arm_num",
    "day_offset",
    "offset_min",
    "offset_max",
    "unique_event_name",
    "custom_event_label",
];
const MAPPINGS: [&str; 3] = ["arm_num", "unique_event_name", "form"];
const REPEATING: [&str; 3] = ["event_name", "form_name", "custom_form_label"];

type Rows = Vec<Vec<String>>;

impl Dictionary {
    /// The schedule as files: a name, and rows with a header.
    pub fn event_tables(&self) -> Vec<(&'static str, Rows)> {
        vec![
            ("arms.csv", self.arm_rows()),
            ("events.csv", self.event_rows()),
            ("form_event_mapping.csv", self.mapping_rows()),
            ("repeating.csv", self.repeating_rows()),
        ]
    }

    pub fn arm_rows(&self) -> Rows {
        let rows = self.arms.iter().map(|arm| vec![arm.number.to_string(), arm.name.clone()]);
        with_header(&ARMS, rows)
    }

    pub fn event_rows(&self) -> Rows {
        let rows = self.events.iter().map(|event| {
            vec![
                event.name.clone(),
                event.arm.to_string(),
                event.day_offset.clone(),
                event.offset_min.clone(),
                event.offset_max.clone(),
                event.unique_name.clone(),
                event.label.clone(),
            ]
        });
        with_header(&EVENTS, rows)
    }

    pub fn mapping_rows(&self) -> Rows {
        let rows = self.mappings.iter().map(|(event, form)| {
            let arm = self.events.iter().find(|one| one.unique_name == *event);
            let arm = arm.map_or(1, |event| event.arm);
            vec![arm.to_string(), event.clone(), form.clone()]
        });
        with_header(&MAPPINGS, rows)
    }

    pub fn repeating_rows(&self) -> Rows {
        let rows = self.repeating.iter().map(|(event, form)| {
            vec![event.clone(), form.clone().unwrap_or_default(), String::new()]
        });
        with_header(&REPEATING, rows)
    }

    /// Whether a header is that of a table of the schedule.
    pub fn is_schedule(columns: &[String]) -> bool {
        let has = |name: &str| columns.iter().any(|column| column == name);
        has("unique_event_name")
            || (has("arm_num") && has("name"))
            || has("form_name") && has("event_name")
    }

    /// Takes over a table of the schedule, told by its columns: arms, events, which form is filled
    /// at which event, or what repeats.
    pub fn read_schedule(&mut self, input: impl Read, file: &str) -> Result<(), FormatError> {
        let mut table = CsvTable::open(input, file, TextEncoding::UTF_8, b',')?;
        let columns = table.columns().to_vec();
        let has = |name: &str| columns.iter().any(|column| column == name);
        while let Some(row) = table.next_row()? {
            let said = |name: &str| {
                let at = columns.iter().position(|column| column == name);
                at.map(|at| row.cells[at].trim().to_owned()).unwrap_or_default()
            };
            if has("unique_event_name") && has("form") {
                self.mappings.push((said("unique_event_name"), said("form")));
            } else if has("form_name") && has("event_name") {
                let form = Some(said("form_name")).filter(|form| !form.is_empty());
                self.repeating.push((said("event_name"), form));
            } else if has("event_name") {
                let number = number(&said("arm_num"), file, row.line)?;
                let name = said("event_name");
                let unique = said("unique_event_name");
                let unique =
                    if unique.is_empty() { self.unique_event(&name, number) } else { unique };
                self.events.push(Event {
                    name,
                    arm: number,
                    unique_name: unique,
                    day_offset: said("day_offset"),
                    offset_min: said("offset_min"),
                    offset_max: said("offset_max"),
                    label: said("custom_event_label"),
                });
            } else {
                let number = number(&said("arm_num"), file, row.line)?;
                self.arms.push(Arm { number, name: said("name") });
            }
        }
        Ok(())
    }

    /// The unique name of an event: its own in lower case, cut to 18 characters, and its arm.
    pub fn unique_event(&self, name: &str, arm: u32) -> String {
        let plain: String = name
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                'a'..='z' | '0'..='9' | '_' => Some(c),
                ' ' | '-' => Some('_'),
                _ => None,
            })
            .take(18)
            .collect();
        let plain = plain.trim_matches('_');
        let plain = if plain.is_empty() { "event" } else { plain };
        let base = format!("{plain}_arm_{arm}");
        let is_free = |name: &str| !self.events.iter().any(|event| event.unique_name == name);
        if is_free(&base) {
            return base;
        }
        let letters = ('b'..='z').map(|letter| format!("{base}{letter}"));
        letters.into_iter().find(|name| is_free(name)).unwrap_or(base)
    }
}

fn number(text: &str, file: &str, line: u32) -> Result<u32, FormatError> {
    text.parse().map_err(|_| fault(file, line, format!("'{text}' is no number of an arm")))
}

fn with_header(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Rows {
    let header = header.iter().map(|name| (*name).to_owned()).collect();
    std::iter::once(header).chain(rows).collect()
}
