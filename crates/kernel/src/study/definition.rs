use serde::{Deserialize, Serialize};

use super::Kept;
use crate::{
    CodeListOid, ConditionOid, DataType, FormOid, ItemGroupOid, ItemOid, MethodOid, StudyEventOid,
    Texts, UnitOid,
};

/// A name of the same thing elsewhere (ODM Alias), for instance its SDTM variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    pub context: String,
    pub name: String,
}

/// A formal expression. `context` names its language; Casebook evaluates `CEL` and keeps others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    pub context: String,
    pub text: String,
}

impl Expression {
    /// The context of expressions that Casebook evaluates.
    pub const CEL: &'static str = "CEL";

    pub fn is_cel(&self) -> bool {
        self.context.eq_ignore_ascii_case(Self::CEL)
    }
}

/// A unit of measurement (ODM 1.3 MeasurementUnit; in ODM 2.0 a coded unit).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnitDef {
    pub oid: UnitOid,
    pub name: String,
    pub symbol: Texts,
    /// The code in UCUM, if stated.
    pub ucum: Option<String>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

/// When an event happens (ODM StudyEventDef/@Type).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StudyEventKind {
    #[default]
    Scheduled,
    Unscheduled,
    Common,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StudyEventDef {
    pub oid: StudyEventOid,
    pub name: String,
    pub repeating: bool,
    pub kind: StudyEventKind,
    pub category: Option<String>,
    pub description: Texts,
    pub forms: Vec<FormRef>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormRef {
    pub form: FormOid,
    pub mandatory: bool,
    pub order: Option<u32>,
    /// When true, the form is not collected.
    pub exception: Option<ConditionOid>,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormDef {
    pub oid: FormOid,
    pub name: String,
    pub repeating: bool,
    pub description: Texts,
    pub groups: Vec<ItemGroupRef>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemGroupRef {
    pub group: ItemGroupOid,
    pub mandatory: bool,
    pub order: Option<u32>,
    /// When true, the group is not collected.
    pub exception: Option<ConditionOid>,
    pub kept: Kept,
}

/// What an item group is for (ODM 2.0 ItemGroupDef/@Type; ODM 1.3 knows only groups).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemGroupKind {
    #[default]
    Group,
    Section,
    Dataset,
    Concept,
}

/// How often a group occurs in its form (ODM 2.0 ItemGroupDef/@Repeating; ODM 1.3 Yes = Simple).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupRepeat {
    #[default]
    No,
    Simple,
    Dynamic,
    Static,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemGroupDef {
    pub oid: ItemGroupOid,
    pub name: String,
    pub kind: ItemGroupKind,
    pub repeat: GroupRepeat,
    pub repeat_limit: Option<u32>,
    pub reference_data: bool,
    pub domain: Option<String>,
    pub sas_dataset_name: Option<String>,
    pub description: Texts,
    pub items: Vec<ItemRef>,
    /// Nested groups (ODM 2.0).
    pub groups: Vec<ItemGroupRef>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

impl ItemGroupDef {
    pub fn repeats(&self) -> bool {
        self.repeat != GroupRepeat::No
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemRef {
    pub item: ItemOid,
    pub mandatory: bool,
    pub order: Option<u32>,
    pub key_sequence: Option<u32>,
    /// How the value is derived; a derived item is never entered.
    pub method: Option<MethodOid>,
    /// When true, the item is not collected.
    pub exception: Option<ConditionOid>,
    /// The item that holds the unit of this one (ODM 2.0 ItemRef/@UnitsItemOID).
    pub units_item: Option<ItemOid>,
    pub kept: Kept,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemDef {
    pub oid: ItemOid,
    /// The short name by which expressions refer to the item within its form.
    pub name: String,
    pub data_type: DataType,
    /// The greatest number of characters.
    pub length: Option<u32>,
    /// The greatest number of digits after the decimal point.
    pub significant_digits: Option<u32>,
    pub description: Texts,
    pub question: Texts,
    /// Help for the one who fills in (ODM 2.0 CRFCompletionInstructions).
    pub instructions: Texts,
    /// The units to choose from; one alone is implied.
    pub units: Vec<UnitOid>,
    pub range_checks: Vec<RangeCheck>,
    pub code_list: Option<CodeListOid>,
    pub sds_var_name: Option<String>,
    pub sas_field_name: Option<String>,
    pub origin: Option<String>,
    pub comment: Option<String>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

impl Default for ItemDef {
    fn default() -> Self {
        Self {
            oid: ItemOid::default(),
            name: String::new(),
            data_type: DataType::Text,
            length: None,
            significant_digits: None,
            description: Texts::default(),
            question: Texts::default(),
            instructions: Texts::default(),
            units: Vec::new(),
            range_checks: Vec::new(),
            code_list: None,
            sds_var_name: None,
            sas_field_name: None,
            origin: None,
            comment: None,
            aliases: Vec::new(),
            kept: Kept::default(),
        }
    }
}

/// How a value is compared with the check values (ODM RangeCheck/@Comparator).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Comparator {
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    In,
    NotIn,
}

/// A condition on one item. It holds a comparator with values, or expressions, never both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RangeCheck {
    pub comparator: Option<Comparator>,
    pub values: Vec<String>,
    pub expressions: Vec<Expression>,
    /// Hard refuses the value; soft takes it and opens a query (ODM RangeCheck/@SoftHard).
    pub hard: bool,
    pub unit: Option<UnitOid>,
    pub message: Texts,
    pub kept: Kept,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeList {
    pub oid: CodeListOid,
    pub name: String,
    pub data_type: DataType,
    pub sas_format_name: Option<String>,
    pub description: Texts,
    pub items: Vec<CodeListItem>,
    /// A dictionary that lives elsewhere (ODM ExternalCodeList): name and version.
    pub external: Option<(String, String)>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

impl Default for CodeList {
    fn default() -> Self {
        Self {
            oid: CodeListOid::default(),
            name: String::new(),
            data_type: DataType::Text,
            sas_format_name: None,
            description: Texts::default(),
            items: Vec::new(),
            external: None,
            aliases: Vec::new(),
            kept: Kept::default(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeListItem {
    pub coded_value: String,
    /// Empty for an enumerated item, which has no text of its own.
    pub decode: Texts,
    pub rank: Option<String>,
    pub order: Option<u32>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

/// How a value is derived (ODM MethodDef).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MethodDef {
    pub oid: MethodOid,
    pub name: String,
    /// Computation, Imputation, Transpose or Other.
    pub kind: String,
    pub description: Texts,
    pub expressions: Vec<Expression>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}

/// When something is not collected (ODM ConditionDef): true means *not* collected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConditionDef {
    pub oid: ConditionOid,
    pub name: String,
    pub description: Texts,
    pub expressions: Vec<Expression>,
    pub aliases: Vec<Alias>,
    pub kept: Kept,
}
