//! Audit records, signatures and annotations that a file keeps apart from its data.

use std::{collections::HashMap, io::BufRead};

use super::{
    clinical::{Annotation, AuditRecord, Signature},
    clinical_row::{Records, annotation, audit_record, signature},
    context::Context,
    node::Node,
    read::open_root,
    xml::{Token, Xml, is_odm},
};
use crate::FormatError;

/// The most records that are held.
pub const MAX_BULK_RECORDS: usize = 5_000_000;

/// The records of a file by their ids.
#[derive(Clone, Debug, Default)]
pub struct BulkRecords {
    audits: HashMap<String, AuditRecord<'static>>,
    signatures: HashMap<String, Signature<'static>>,
    annotations: HashMap<String, Annotation<'static>>,
}

impl BulkRecords {
    pub fn len(&self) -> usize {
        self.audits.len() + self.signatures.len() + self.annotations.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts in what the ids stand for; an id that stands for nothing stays.
    pub(super) fn resolve(&self, records: &mut Records) {
        if let Some(audit) = records.audit_id.as_ref().and_then(|id| self.audits.get(id)) {
            records.audit.get_or_insert_with(|| audit.clone());
        }
        if let Some(signed) = records.signature_id.as_ref().and_then(|id| self.signatures.get(id)) {
            records.signature.get_or_insert_with(|| signed.clone());
        }
        if let Some(one) = records.annotation_id.as_ref().and_then(|id| self.annotations.get(id)) {
            records.annotations.push(one.clone());
        }
    }
}

/// Reads the AuditRecords, Signatures and Annotations of a file and passes over everything else.
/// Most files have none. Refuses more than five million.
pub fn read_bulk_records(input: impl BufRead, file_name: &str) -> Result<BulkRecords, FormatError> {
    let mut xml = Xml::open(input, file_name)?;
    open_root(&mut xml, &mut Context::new(file_name), &["ODM"])?;
    let mut bulk = BulkRecords::default();
    // The depth inside one of the three lists, while in one.
    let mut list: Option<usize> = None;
    loop {
        match xml.next()? {
            Token::Eof => return Ok(bulk),
            Token::End => list = list.filter(|depth| xml.depth() >= *depth),
            Token::Text(_) => {}
            Token::Start(tag) if list.is_some() && is_odm(&tag.namespace) => {
                let mut node = Node::read(tag, &mut xml)?;
                bulk.add(&mut node);
                if bulk.len() > MAX_BULK_RECORDS {
                    return Err(
                        xml.refuse("it keeps more than 5,000,000 records apart", "split it")
                    );
                }
            }
            Token::Start(tag) => {
                let is_list =
                    matches!(tag.name.as_str(), "AuditRecords" | "Signatures" | "Annotations");
                if is_list && is_odm(&tag.namespace) {
                    list = Some(xml.depth());
                }
            }
        }
    }
}

impl BulkRecords {
    fn add(&mut self, node: &mut Node) {
        let Some(id) = node.tag.get("ID").map(str::to_owned) else { return };
        match node.name() {
            "AuditRecord" => {
                self.audits.insert(id, audit_record(node));
            }
            "Signature" => {
                self.signatures.insert(id, signature(node));
            }
            "Annotation" => {
                self.annotations.insert(id, annotation(node));
            }
            _ => {}
        }
    }
}
