//! Changes of an endpoint: permit, read, decide, append, answer.

use crate::{
    Webhooks,
    endpoint::{Because, Endpoint, EndpointEvent},
    endpoints::Author,
    event_type::EventType,
    target::Target,
    wire,
};
use contract::{
    Act, Context, Error, Scope,
    webhook::v1::{
        DeleteEndpointRequest, DisableEndpointRequest, EnableEndpointRequest,
        Endpoint as WireEndpoint, RotateKeyRequest, UpdateEndpointRequest,
    },
};

const LONGEST_DESCRIPTION: usize = 500;
const HOUR_MS: i64 = 60 * 60 * 1_000;
const USUAL_OVERLAP_HOURS: i32 = 24;
const LONGEST_OVERLAP_HOURS: i32 = 168;

impl Webhooks {
    pub(crate) async fn do_update(
        &self,
        context: &Context,
        request: UpdateEndpointRequest,
    ) -> Result<WireEndpoint, Error> {
        let UpdateEndpointRequest {
            study_oid,
            endpoint_id,
            url,
            description,
            event_types,
            request_id,
        } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let url = url.map(|url| self.accept_url(&url)).transpose()?;
        let description = description.map(accept_description).transpose()?;
        let event_types = event_types.map(|types| accept_types(types.event_types)).transpose()?;
        let decide = |endpoint: &Endpoint| {
            let url = url.clone().filter(|url| *url != endpoint.url);
            let description = description.clone().filter(|text| *text != endpoint.description);
            let event_types = event_types.clone().filter(|types| *types != endpoint.event_types);
            let changes = url.is_some() || description.is_some() || event_types.is_some();
            let event = EndpointEvent::EndpointUpdated { url, description, event_types };
            Ok(changes.then_some(event))
        };
        let endpoint = self.change(&study_oid, &endpoint_id, &author, decide).await?;
        self.shown(&study_oid, &endpoint_id, &endpoint).await
    }

    pub(crate) async fn do_delete(
        &self,
        context: &Context,
        request: DeleteEndpointRequest,
    ) -> Result<(), Error> {
        let DeleteEndpointRequest { study_oid, endpoint_id, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let decide = |_: &Endpoint| Ok(Some(EndpointEvent::EndpointDeleted));
        self.change(&study_oid, &endpoint_id, &author, decide).await.map(drop)
    }

    pub(crate) async fn do_rotate(
        &self,
        context: &Context,
        request: RotateKeyRequest,
    ) -> Result<WireEndpoint, Error> {
        let RotateKeyRequest { study_oid, endpoint_id, overlap_hours, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let overlap_hours = overlap_hours.unwrap_or(USUAL_OVERLAP_HOURS);
        if !(0..=LONGEST_OVERLAP_HOURS).contains(&overlap_hours) {
            return Err(Error::invalid("overlapHours", "0 to 168 hours"));
        }
        let decide = |endpoint: &Endpoint| {
            let number = endpoint.keys.first().map_or(0, |key| key.number) + 1;
            Ok(Some(EndpointEvent::KeyRotated {
                number,
                public_key: self.public_key(&endpoint_id, number),
                previous_until_ms: author.at_ms + i64::from(overlap_hours) * HOUR_MS,
            }))
        };
        let endpoint = self.change(&study_oid, &endpoint_id, &author, decide).await?;
        self.shown(&study_oid, &endpoint_id, &endpoint).await
    }

    pub(crate) async fn do_enable(
        &self,
        context: &Context,
        request: EnableEndpointRequest,
    ) -> Result<WireEndpoint, Error> {
        let EnableEndpointRequest { study_oid, endpoint_id, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let decide = |endpoint: &Endpoint| {
            Ok(endpoint.disabled.is_some().then_some(EndpointEvent::EndpointEnabled))
        };
        let endpoint = self.change(&study_oid, &endpoint_id, &author, decide).await?;
        self.shown(&study_oid, &endpoint_id, &endpoint).await
    }

    pub(crate) async fn do_disable(
        &self,
        context: &Context,
        request: DisableEndpointRequest,
    ) -> Result<WireEndpoint, Error> {
        let DisableEndpointRequest { study_oid, endpoint_id, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let decide = |endpoint: &Endpoint| {
            let event = EndpointEvent::EndpointDisabled { because: Because::ByCaller };
            Ok(endpoint.disabled.is_none().then_some(event))
        };
        let endpoint = self.change(&study_oid, &endpoint_id, &author, decide).await?;
        self.shown(&study_oid, &endpoint_id, &endpoint).await
    }

    /// Asks for the permit, and says who writes.
    pub(crate) fn author(
        &self,
        context: &Context,
        study: &str,
        request_id: Option<&String>,
    ) -> Result<Author, Error> {
        let permit = context.caller.permit(Act::ManageWebhooks, Scope::study_wide(study))?;
        Ok(Author::new(&permit, context, request_id, self.now_ms()))
    }

    /// Lets `decide` say what happens to an endpoint that is there. What was carried out before is
    /// not done again.
    pub(crate) async fn change(
        &self,
        study: &str,
        endpoint_id: &str,
        author: &Author,
        decide: impl Fn(&Endpoint) -> Result<Option<EndpointEvent>, Error>,
    ) -> Result<Endpoint, Error> {
        let decide = |endpoint: Option<&Endpoint>| match endpoint {
            Some(endpoint) if endpoint.requests.contains(&author.request_id) => Ok(None),
            Some(endpoint) if !endpoint.deleted => decide(endpoint),
            _ => Err(unknown(endpoint_id)),
        };
        self.endpoints.change(study, endpoint_id, author, None, decide).await
    }

    pub(crate) async fn shown(
        &self,
        study: &str,
        endpoint_id: &str,
        endpoint: &Endpoint,
    ) -> Result<WireEndpoint, Error> {
        if endpoint.deleted {
            return Err(unknown(endpoint_id));
        }
        let progress = self.progress(study, endpoint_id).await?;
        Ok(wire::endpoint(study, endpoint_id, endpoint, &progress, self.now_ms()))
    }

    pub(crate) fn public_key(&self, endpoint_id: &str, number: u32) -> String {
        self.master.derive(endpoint_id, number).public_text()
    }

    pub(crate) fn accept_url(&self, url: &str) -> Result<String, Error> {
        let target = Target::parse(url, self.client.allowed());
        let target = target.map_err(|why| Error::invalid("url", why))?;
        Ok(target.as_str().to_owned())
    }
}

pub(crate) fn accept_description(text: String) -> Result<String, Error> {
    if text.chars().count() > LONGEST_DESCRIPTION {
        return Err(Error::invalid("description", "at most 500 characters"));
    }
    Ok(text)
}

/// Sorts the kinds of events; refuses one that is not known.
pub(crate) fn accept_types(mut names: Vec<String>) -> Result<Vec<String>, Error> {
    if let Some(name) = names.iter().find(|name| EventType::parse(name).is_none()) {
        let message = format!("there is no event `{name}`");
        return Err(Error::invalid("eventTypes", message));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

pub(crate) fn unknown(endpoint_id: &str) -> Error {
    Error::not_found("ENDPOINT_UNKNOWN", format!("there is no endpoint {endpoint_id}"))
}
