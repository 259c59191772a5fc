//! REDCap: data dictionaries, project files and records, in and out.
//!
//! [`Dictionary`] is the design of a project, [`to_study`] makes a study version of it, and
//! [`Layout`] is the way back: which column of a flat table stands for which item. What REDCap says
//! that has no counterpart is kept and listed, never dropped. REDCap is a trademark of Vanderbilt
//! University; this is compatible with it and not made by it.

mod dictionary;
mod edit;
mod export;
mod field;
mod flat;
mod layout;
mod logic;
mod plan;
mod project_xml;
mod rows;
mod schedule;
mod select;
mod shape;
mod study;
mod table;
mod xml_rows;

pub use self::{
    dictionary::{Arm, Dictionary, Event, MAX_FIELDS, ONLY_EVENT},
    edit::{Edited, edit, layout_of_json},
    field::{COLUMNS, Choice, Column, Field, choice_column, choices, choices_text},
    flat::{OutRow, Participant, RecordValues, ValueAt},
    layout::{EventPlan, Instrument, Layout, Variable},
    logic::{
        FieldType, KnownField, LogicScope, Untranslated, translate_condition, translate_value,
    },
    plan::{CellFault, DateOrder, NEW, PlanOptions, PlannedEntry, PlannedSave, PlannedValue},
    project_xml::{is_project, project_oid, read_project, read_project_rows},
    rows::{FlatRow, Unread, of_eav},
    select::{ColumnOf, Selection},
    study::{group_name, to_study},
    table::{TableForm, TableText},
    xml_rows::xml_items,
};
pub(crate) use self::{export::RedcapExporter, logic::quoted, shape::plain_label};
