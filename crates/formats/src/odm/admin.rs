//! Who works in the study, and where (AdminData).

use super::{context::Context, node::Node};
use crate::{FormatError, Location, SignatureDef, User, VersionInForce};

impl Context {
    pub fn location(&mut self, mut node: Node) -> Result<Location, FormatError> {
        let oid = self.oid(&mut node)?;
        let versions = node.take_all("MetaDataVersionRef").into_iter().map(|mut one| {
            let mut take = |name| one.take(name).unwrap_or_default();
            VersionInForce {
                study_oid: take("StudyOID"),
                version_oid: take("MetaDataVersionOID"),
                effective_date: take("EffectiveDate"),
            }
        });
        Ok(Location {
            versions: versions.collect(),
            oid,
            name: node.take("Name").unwrap_or_default(),
            kind: node.take("LocationType"),
            kept: self.keep(node),
        })
    }

    pub fn user(&mut self, mut node: Node) -> Result<User, FormatError> {
        let oid = self.oid(&mut node)?;
        let text = |node: &mut Node, name| node.take_one(name).map(|n| n.text().trim().to_owned());
        let texts = |node: &mut Node, name| -> Vec<String> {
            node.take_all(name).iter().map(|n| n.text().trim().to_owned()).collect()
        };
        let locations = node.take_all("LocationRef").into_iter();
        let locations = locations.filter_map(|mut one| one.take("LocationOID")).collect();
        Ok(User {
            oid,
            kind: node.take("UserType"),
            login_name: text(&mut node, "LoginName"),
            display_name: text(&mut node, "DisplayName"),
            full_name: text(&mut node, "FullName"),
            first_name: text(&mut node, "FirstName"),
            last_name: text(&mut node, "LastName"),
            organization: text(&mut node, "Organization"),
            emails: texts(&mut node, "Email"),
            phones: texts(&mut node, "Phone"),
            locations,
            kept: self.keep(node),
        })
    }

    pub fn signature_def(&mut self, mut node: Node) -> Result<SignatureDef, FormatError> {
        let oid = self.oid(&mut node)?;
        let text = |node: &mut Node, name| {
            node.take_one(name).map(|n| n.text().trim().to_owned()).unwrap_or_default()
        };
        Ok(SignatureDef {
            oid,
            digital: node.take("Methodology").is_some_and(|method| method == "Digital"),
            meaning: text(&mut node, "Meaning"),
            legal_reason: text(&mut node, "LegalReason"),
        })
    }
}
