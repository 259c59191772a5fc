//! Items, what they may hold, and how they are derived or left out.

use std::io::Write;

use kernel::{
    DataType, Texts,
    study::{
        CodeList, CodeListItem, Comparator, ConditionDef, Expression, ItemDef, MethodDef,
        RangeCheck, UnitDef,
    },
};

use super::{
    context::{CASEBOOK, Context, about},
    emit::Emit,
    node::{Child, Node},
};
use crate::FormatError;

/// The alias context under which a unit's UCUM code travels.
pub(super) const UCUM: &str = "UCUM";

pub(super) const COMPARATORS: [(&str, Comparator); 8] = [
    ("LT", Comparator::Lt),
    ("LE", Comparator::Le),
    ("GT", Comparator::Gt),
    ("GE", Comparator::Ge),
    ("EQ", Comparator::Eq),
    ("NE", Comparator::Ne),
    ("IN", Comparator::In),
    ("NOTIN", Comparator::NotIn),
];

/// How an attribute of ours calls the type that ODM does not have.
const FILE: &str = "file";

/// Writes the type of an item; that of a file is a URI to others.
pub(super) fn item_type(e: &mut Emit<impl Write>, data_type: DataType) {
    e.attribute("DataType", data_type.as_odm());
    if data_type == DataType::File {
        e.foreign("casebook", CASEBOOK, "DataType", FILE);
    }
}

impl Context {
    pub fn unit(&mut self, mut node: Node) -> Result<UnitDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let mut symbol = self.texts(&mut node, "Symbol");
        if symbol == Texts::one("", "") {
            symbol = Texts::default();
        }
        let mut aliases = Self::aliases(&mut node);
        let ucum = aliases.iter().position(|alias| alias.context == UCUM);
        Ok(UnitDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            symbol,
            ucum: ucum.map(|at| aliases.remove(at).name),
            aliases,
            kept: self.keep(node),
        })
    }

    pub fn item(&mut self, mut node: Node) -> Result<ItemDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let mut data_type = self.data_type(&mut node);
        if node.take_in(CASEBOOK, "DataType").as_deref() == Some(FILE) {
            data_type = DataType::File;
        }
        let units = node
            .take_all("MeasurementUnitRef")
            .into_iter()
            .map(|mut unit| self.must(&mut unit, "MeasurementUnitOID").map(Into::into));
        let units = units.collect::<Result<_, _>>()?;
        let checks = node.take_all("RangeCheck").into_iter().map(|one| self.range_check(one));
        let range_checks = checks.collect::<Result<_, _>>()?;
        let code_list = node
            .take_one("CodeListRef")
            .map(|mut list| self.must(&mut list, "CodeListOID").map(Into::into));
        Ok(ItemDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            data_type,
            length: self.number(&mut node, "Length"),
            significant_digits: self.number(&mut node, "SignificantDigits"),
            description: self.texts(&mut node, "Description"),
            question: self.texts(&mut node, "Question"),
            instructions: self.texts(&mut node, "CRFCompletionInstructions"),
            units,
            range_checks,
            code_list: code_list.transpose()?,
            sds_var_name: node.take("SDSVarName"),
            sas_field_name: node.take("SASFieldName"),
            origin: node.take("Origin"),
            comment: node.take("Comment"),
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    fn data_type(&mut self, node: &mut Node) -> DataType {
        let text = node.take("DataType").unwrap_or_default();
        DataType::from_odm(&text).unwrap_or_else(|| {
            self.warn(node.tag.line, about(node), format!("DataType=\"{text}\" is read as text"));
            DataType::Text
        })
    }

    fn range_check(&mut self, mut node: Node) -> Result<RangeCheck, FormatError> {
        let words = COMPARATORS.map(|(spelled, comparator)| (spelled, Some(comparator)));
        let unit = node
            .take_one("MeasurementUnitRef")
            .map(|mut unit| self.must(&mut unit, "MeasurementUnitOID").map(Into::into));
        Ok(RangeCheck {
            comparator: self.word(&mut node, "Comparator", &words, None),
            values: node.take_all("CheckValue").iter().map(Node::text).collect(),
            expressions: Self::expressions(&mut node),
            hard: self.word(&mut node, "SoftHard", &[("Soft", false), ("Hard", true)], false),
            unit: unit.transpose()?,
            message: self.texts(&mut node, "ErrorMessage"),
            kept: self.keep(node),
        })
    }

    /// ODM 2.0 demands a MethodSignature even of what has no parameters; an empty one says nothing.
    fn drop_empty_signature(owner: &mut Node) {
        let empty = |child: &Child| matches!(child, Child::Element(node) if node.is("MethodSignature") && node.is_spent());
        owner.children.retain(|child| !empty(child));
    }

    /// ODM 1.3 has the text itself, ODM 2.0 a Code or an external library, which is kept.
    fn expressions(owner: &mut Node) -> Vec<Expression> {
        let mut expressions = Vec::new();
        for mut node in owner.take_all("FormalExpression") {
            let external = node.elements().any(|inner| inner.name() != "Code");
            if external {
                owner.children.push(Child::Element(node));
                continue;
            }
            let code = node.take_one("Code");
            let text = code.as_ref().unwrap_or(&node).text().trim().to_owned();
            expressions
                .push(Expression { context: node.take("Context").unwrap_or_default(), text });
        }
        expressions
    }

    pub fn code_list(&mut self, mut node: Node) -> Result<CodeList, FormatError> {
        let oid = self.oid(&mut node)?;
        let data_type = self.data_type(&mut node);
        let external = Self::external_code_list(&mut node);
        let mut items = Vec::new();
        for name in ["CodeListItem", "EnumeratedItem"] {
            for one in node.take_all(name) {
                items.push(self.code_list_item(one)?);
            }
        }
        Ok(CodeList {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            data_type,
            sas_format_name: node.take("SASFormatName"),
            description: self.texts(&mut node, "Description"),
            items,
            external,
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    /// The dictionary's name and version. An element that says more is kept as well.
    fn external_code_list(owner: &mut Node) -> Option<(String, String)> {
        let mut node = owner.take_one("ExternalCodeList")?;
        let whole = node.clone();
        let dictionary = node.take("Dictionary").unwrap_or_default();
        let version = node.take("Version").unwrap_or_default();
        if !node.is_spent() {
            owner.children.push(Child::Element(whole));
        }
        Some((dictionary, version))
    }

    fn code_list_item(&mut self, mut node: Node) -> Result<CodeListItem, FormatError> {
        Ok(CodeListItem {
            coded_value: self.must(&mut node, "CodedValue")?,
            decode: self.texts(&mut node, "Decode"),
            rank: node.take("Rank"),
            order: self.number(&mut node, "OrderNumber"),
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    pub fn method(&mut self, mut node: Node) -> Result<MethodDef, FormatError> {
        let oid = self.oid(&mut node)?;
        Self::drop_empty_signature(&mut node);
        Ok(MethodDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            kind: node.take("Type").unwrap_or_default(),
            description: self.texts(&mut node, "Description"),
            expressions: Self::expressions(&mut node),
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }

    pub fn condition(&mut self, mut node: Node) -> Result<ConditionDef, FormatError> {
        let oid = self.oid(&mut node)?;
        Self::drop_empty_signature(&mut node);
        Ok(ConditionDef {
            oid: oid.into(),
            name: node.take("Name").unwrap_or_default(),
            description: self.texts(&mut node, "Description"),
            expressions: Self::expressions(&mut node),
            aliases: Self::aliases(&mut node),
            kept: self.keep(node),
        })
    }
}
