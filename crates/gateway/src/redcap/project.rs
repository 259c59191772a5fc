//! The study behind a token, as a project.

use std::{collections::BTreeSet, sync::Arc};

use contract::{
    Caller, Code, Context,
    edc::v1::{
        GetDefinitionRequest, ListSitesRequest, ListSubjectsRequest, PublishDefinitionRequest,
        Site, Subject, definition::Format,
    },
};
use formats::redcap::{Dictionary, Edited, Layout, edit, layout_of_json};
use futures::TryStreamExt as _;

use super::{
    Redcap, Reply,
    fault::Fault,
    form::{Form, Shape},
};

/// One call.
pub(super) struct Call {
    pub redcap: Redcap,
    pub context: Context,
    pub study: String,
    pub form: Form,
}

/// The one study that a token reaches.
pub(super) fn study_of(caller: &Caller) -> Result<String, Fault> {
    let studies: BTreeSet<_> = caller.grants.iter().map(|grant| grant.study.as_deref()).collect();
    let studies: Vec<_> = studies.into_iter().collect();
    if let [Some(study)] = studies.as_slice() {
        Ok((*study).to_owned())
    } else {
        let message = "the token must be a key that is limited to one study";
        Err(Fault::new(Code::PermissionDenied, message))
    }
}

impl Call {
    /// The latest definition of the study, as JSON.
    pub async fn definition(&self) -> Result<Vec<u8>, Fault> {
        let request = GetDefinitionRequest {
            study_oid: self.study.clone(),
            format: Format::Json.into(),
            ..GetDefinitionRequest::default()
        };
        let mut pieces = self.redcap.edc.get_definition(&self.context, request).await?;
        let mut whole = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece.data);
        }
        Ok(whole)
    }

    pub async fn layout(&self) -> Result<Arc<Layout>, Fault> {
        let json = self.definition().await?;
        let layout = layout_of_json(&json).map_err(|error| {
            Fault::new(Code::Internal, format!("the definition cannot be read: {error}"))
        })?;
        Ok(Arc::new(layout))
    }

    /// Changes the design and puts it in force.
    pub async fn change_design(
        &self,
        change: impl FnOnce(&mut Dictionary) -> Result<usize, Fault> + Send,
    ) -> Result<usize, Fault> {
        let json = self.definition().await?;
        let mut edited = edit(&json).map_err(Fault::invalid)?;
        let count = change(&mut edited.dictionary)?;
        let Edited { dictionary, .. } = &edited;
        dictionary.check("data").map_err(|error| Fault::invalid(error.to_string()))?;
        let request = PublishDefinitionRequest {
            study_oid: self.study.clone(),
            definition: edited.finish(),
            reason: Some("changed through the REDCap interface".to_owned()),
        };
        self.redcap.edc.publish_definition(&self.context, request).await?;
        Ok(count)
    }

    pub async fn sites(&self) -> Result<Vec<Site>, Fault> {
        let mut sites = Vec::new();
        let mut page_token = None;
        loop {
            let request = ListSitesRequest {
                study_oid: self.study.clone(),
                page_size: Some(PAGE),
                page_token,
            };
            let page = self.redcap.edc.list_sites(&self.context, request).await?;
            sites.extend(page.sites);
            page_token = page.next_page_token;
            if page_token.is_none() {
                return Ok(sites);
            }
        }
    }

    /// All participants that the caller may see.
    pub async fn subjects(&self) -> Result<Vec<Subject>, Fault> {
        let mut subjects = Vec::new();
        let mut page_token = None;
        loop {
            let request = ListSubjectsRequest {
                study_oid: self.study.clone(),
                page_size: Some(PAGE),
                page_token,
                ..ListSubjectsRequest::default()
            };
            let page = self.redcap.edc.list_subjects(&self.context, request).await?;
            subjects.extend(page.subjects);
            page_token = page.next_page_token;
            if page_token.is_none() {
                return Ok(subjects);
            }
        }
    }

    /// A table as the answer. The first row is its header.
    pub fn table(
        &self,
        rows: &[Vec<String>],
        is_number: &dyn Fn(&str) -> bool,
    ) -> Result<Reply, Fault> {
        let columns = rows.first().cloned().unwrap_or_default();
        let form = self.form.table()?;
        let mut text = formats::redcap::TableText::new(form, columns, "items", is_number);
        for row in rows.iter().skip(1) {
            text.push(row.iter().map(String::as_str));
        }
        Ok(Reply::Text(self.form.shape()?.media_type(), text.finish()))
    }

    /// A bare number or text as the answer.
    pub fn plain(&self, text: &str) -> Reply {
        let shape = self.form.error_shape();
        let kind =
            if shape == Shape::Json { "application/json" } else { "text/html; charset=utf-8" };
        Reply::Text(kind, text.as_bytes().to_vec())
    }
}

/// How many sites or participants are asked for at a time.
const PAGE: i32 = 1000;
