//! Define-XML 2.1: what the datasets of an export consist of, and where each variable comes from.
//!
//! Datasets as collected are no domains of SDTM: each says that it is non-standard, and code lists,
//! origins and methods are those of the study version. Datasets of a mapping name the standard that
//! the mapping names; their origins and methods are those of the mapping.

mod standard;

use std::collections::{BTreeSet, HashMap};

use kernel::{
    DataType, Texts,
    study::{Design, ItemDef, ItemRef},
};

use super::{
    emit::{Dialect::V1, Emit},
    write_v1_items::{code_list, method},
    xml::ODM_1_3,
};
use crate::{
    export::{ExportError, Out, Sink, StudyOut, Written},
    tabular::{ColumnOrigin, DatasetStandard, Role, TableDef},
};

const DEFINE: &str = "http://www.cdisc.org/ns/def/v2.1";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// A dataset that was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct DefinedDataset {
    pub(crate) oid: String,
    pub(crate) name: String,
    pub(crate) label: String,
    /// Whether one subject can have several rows.
    pub(crate) repeating: bool,
    pub(crate) structure: String,
    pub(crate) standard: Option<DatasetStandard>,
    /// Its files; several when it was split.
    pub(crate) files: Vec<String>,
    pub(crate) variables: Vec<DefinedVariable>,
}

/// A variable of a dataset.
#[derive(Clone, Debug)]
pub(crate) struct DefinedVariable {
    pub(crate) oid: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) data_type: DataType,
    /// In bytes, of a text.
    pub(crate) length: Option<u32>,
    pub(crate) decimals: Option<u32>,
    pub(crate) is_key: bool,
    pub(crate) display_format: Option<String>,
    pub(crate) item: Option<kernel::ItemOid>,
    pub(crate) origin: Option<ColumnOrigin>,
}

/// The name of the definition among the files of an export.
pub(crate) const DEFINE_FILE: &str = "define.xml";

/// The text of `define.xml`.
fn define_xml(study: &DefinedStudy, datasets: &[DefinedDataset]) -> Vec<u8> {
    let mut e = Emit::new(Vec::new());
    let version = study.design.version();
    e.declaration();
    e.start("ODM");
    for (name, value) in [
        ("xmlns", ODM_1_3),
        ("xmlns:def", DEFINE),
        ("xmlns:xlink", XLINK),
        ("ODMVersion", "1.3.2"),
        ("FileType", "Snapshot"),
        ("FileOID", &format!("{}.define.{}", version.study_oid, study.stamp)),
        ("CreationDateTime", &study.stamp),
        ("SourceSystem", "Casebook"),
        ("SourceSystemVersion", &study.source_version),
        ("def:Context", if standard::any(datasets) { "Submission" } else { "Other" }),
    ] {
        e.attribute(name, value);
    }
    e.start("Study");
    e.attribute("OID", version.study_oid.as_str());
    e.start("GlobalVariables");
    let description = version.study_description.in_lang("en").unwrap_or(&version.study_name);
    e.simple("StudyName", &version.study_name);
    e.simple("StudyDescription", description);
    e.simple("ProtocolName", &version.protocol_name);
    e.end();
    e.start("MetaDataVersion");
    e.attribute("OID", version.version_oid.as_str());
    e.attribute("Name", &version.version_name);
    e.attribute("def:DefineVersion", "2.1.0");
    standard::standards(&mut e, datasets);
    definitions(&mut e, study, datasets);
    for _ in ["MetaDataVersion", "Study", "ODM"] {
        e.end();
    }
    e.finish().expect("writing to memory does not fail")
}

/// Writes `define.xml`.
pub(crate) fn write_define_xml(
    study: &DefinedStudy,
    datasets: &[DefinedDataset],
    sink: &mut dyn Sink,
) -> Result<Written, ExportError> {
    let mut out = Out::create(sink, DEFINE_FILE)?;
    out.buffer.extend_from_slice(&define_xml(study, datasets));
    out.finish()
}

/// One row for each what, by the keys of a table.
pub(crate) fn structure(table: &TableDef) -> String {
    if let Some(stated) = table.standard.as_ref().and_then(|one| one.structure.clone()) {
        return stated;
    }
    let keys = table.columns.iter().filter(|column| column.role == Role::Key);
    let keys: Vec<&str> = keys.map(|column| column.label.as_str()).collect();
    format!("One record per {}", keys.join(" per ").to_lowercase())
}

/// What a definition needs of a study, kept until the datasets are written.
#[derive(Clone, Debug)]
pub(crate) struct DefinedStudy {
    design: Design,
    stamp: String,
    source_version: String,
    language: String,
}

impl DefinedStudy {
    pub(crate) fn new(study: &StudyOut<'_>, language: &str) -> Self {
        Self {
            design: study.design.clone(),
            stamp: study.stamp().to_owned(),
            source_version: study.source_version.to_owned(),
            language: language.to_owned(),
        }
    }

    fn item(&self, variable: &DefinedVariable) -> Option<&ItemDef> {
        self.design.item(variable.item.as_ref()?)
    }
}

fn definitions(e: &mut Emit<Vec<u8>>, study: &DefinedStudy, datasets: &[DefinedDataset]) {
    let version = study.design.version();
    let all = version.item_groups.iter().flat_map(|group| &group.items);
    let refs: HashMap<&str, &ItemRef> = all.map(|one| (one.item.as_str(), one)).collect();
    let variables = || datasets.iter().flat_map(|dataset| &dataset.variables);
    for dataset in datasets {
        item_group(e, study, dataset, &refs);
    }
    let mut written = BTreeSet::new();
    for variable in variables().filter(|variable| written.insert(&variable.oid)) {
        item_def(e, study, variable, &refs);
    }
    let items = || variables().filter_map(|variable| study.item(variable));
    let lists: BTreeSet<&str> =
        items().filter_map(|item| Some(item.code_list.as_ref()?.as_str())).collect();
    for list in version.code_lists.iter().filter(|list| lists.contains(list.oid.as_str())) {
        code_list(e, list);
    }
    variables().for_each(|variable| standard::code_list(e, variable));
    let methods: BTreeSet<&str> = items()
        .filter_map(|item| Some(refs.get(item.oid.as_str())?.method.as_ref()?.as_str()))
        .collect();
    for one in version.methods.iter().filter(|one| methods.contains(one.oid.as_str())) {
        method(e, one);
    }
    variables().for_each(|variable| standard::method(e, variable));
}

fn item_group(
    e: &mut Emit<Vec<u8>>,
    study: &DefinedStudy,
    dataset: &DefinedDataset,
    refs: &HashMap<&str, &ItemRef>,
) {
    let leaf = |at: usize| {
        format!("LF.{}{}", dataset.name, if at == 0 { String::new() } else { format!(".{at}") })
    };
    e.start("ItemGroupDef");
    e.attribute("OID", &dataset.oid);
    e.attribute("Name", &dataset.name);
    if dataset.standard.is_some() {
        e.attribute("Domain", &dataset.name);
    }
    e.yes_no("Repeating", dataset.repeating);
    e.yes_no("IsReferenceData", false);
    e.attribute("SASDatasetName", &dataset.name);
    e.attribute("Purpose", "Tabulation");
    e.attribute("def:Structure", &dataset.structure);
    match &dataset.standard {
        None => e.attribute("def:IsNonStandard", "Yes"),
        Some(one) => e.attribute("def:StandardOID", &standard::oid(&one.name, &one.version)),
    }
    e.attribute("def:ArchiveLocationID", &leaf(0));
    let label = if dataset.label.is_empty() { &dataset.name } else { &dataset.label };
    e.texts("Description", &Texts::one(study.language.clone(), label.clone()), V1);
    let mut keys = 0;
    for (order, variable) in (1..).zip(&dataset.variables) {
        let item = variable.item.as_ref().and_then(|item| refs.get(item.as_str()));
        e.start("ItemRef");
        e.attribute("ItemOID", &variable.oid);
        e.count("OrderNumber", Some(order));
        e.yes_no("Mandatory", variable.is_key);
        if variable.is_key {
            keys += 1;
            e.count("KeySequence", Some(keys));
        }
        let derived = item.and_then(|item| item.method.as_ref());
        let known = derived.filter(|oid| study.design.method(oid).is_some());
        let own = standard::method_oid(variable);
        e.optional("MethodOID", known.map(AsRef::as_ref).or(own.as_deref()));
        e.end();
    }
    if let Some(one) = &dataset.standard {
        e.start("def:Class");
        e.attribute("Name", &one.class);
        e.end();
    }
    for (at, file) in dataset.files.iter().enumerate() {
        e.start("def:leaf");
        e.attribute("ID", &leaf(at));
        e.attribute("xlink:href", file);
        e.simple("def:title", file);
        e.end();
    }
    e.end();
}

fn item_def(
    e: &mut Emit<Vec<u8>>,
    study: &DefinedStudy,
    variable: &DefinedVariable,
    refs: &HashMap<&str, &ItemRef>,
) {
    let item = study.item(variable);
    e.start("ItemDef");
    e.attribute("OID", &variable.oid);
    e.attribute("Name", &variable.name);
    e.attribute("DataType", data_type(variable.data_type));
    e.count("Length", variable.length);
    if matches!(data_type(variable.data_type), "float") {
        e.count("SignificantDigits", variable.decimals);
    }
    e.attribute("SASFieldName", &variable.name);
    e.optional("def:DisplayFormat", variable.display_format.as_deref());
    let label = if variable.label.is_empty() { &variable.name } else { &variable.label };
    e.texts("Description", &Texts::one(study.language.clone(), label.clone()), V1);
    let list = item.and_then(|item| item.code_list.as_ref());
    let list = list.filter(|oid| study.design.code_list(oid).is_some()).map(ToString::to_string);
    if let Some(list) = list.or_else(|| standard::list_oid(variable)) {
        e.start("CodeListRef");
        e.attribute("CodeListOID", &list);
        e.end();
    }
    let derived = item.and_then(|item| refs.get(item.oid.as_str())?.method.as_ref()).is_some();
    let own = variable.origin.as_ref().map(|origin| origin.kind.words());
    let (kind, source) = own.unwrap_or_else(|| origin(item, derived));
    e.start("def:Origin");
    e.attribute("Type", kind);
    e.attribute("Source", source);
    e.end();
    e.end();
}

/// Where values come from, in the words of Define-XML 2.1 §5.3.11.3.
fn origin(item: Option<&ItemDef>, derived: bool) -> (&'static str, &'static str) {
    let Some(item) = item else { return ("Assigned", "Sponsor") };
    if derived {
        return ("Derived", "Sponsor");
    }
    match item.origin.as_deref().unwrap_or_default() {
        "Assigned" => ("Assigned", "Sponsor"),
        "Derived" => ("Derived", "Sponsor"),
        "Protocol" => ("Protocol", "Sponsor"),
        "Predecessor" => ("Predecessor", "Sponsor"),
        "eDT" | "Vendor" => ("Collected", "Vendor"),
        _ => ("Collected", "Investigator"),
    }
}

/// The types that Define-XML takes (§5.3.11): no boolean, no decimal.
fn data_type(of: DataType) -> &'static str {
    match of {
        DataType::Boolean => "integer",
        DataType::Double | DataType::Decimal => "float",
        DataType::String | DataType::Uri | DataType::File => "text",
        other => other.as_odm(),
    }
}

#[cfg(test)]
mod tests;
