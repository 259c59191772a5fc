use crate::{
    Webhooks,
    change::{accept_description, accept_types},
    endpoint::{Endpoint, EndpointEvent},
    endpoints::ENDPOINT,
    progress::Progress,
};
use contract::{
    Context, Error,
    webhook::v1::{CreateEndpointRequest, Endpoint as WireEndpoint},
};
use journal::{Hash, LogName};
use store::Range;
use ulid::Ulid;

/// How many endpoints a study can have.
pub(crate) const MOST_ENDPOINTS: u32 = 50;

impl Webhooks {
    pub(crate) async fn do_create(
        &self,
        context: &Context,
        request: CreateEndpointRequest,
    ) -> Result<WireEndpoint, Error> {
        let CreateEndpointRequest { study_oid, url, description, event_types, request_id } =
            request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let endpoint_id = match &request_id {
            Some(request_id) => id_of_request(&study_oid, &author.actor, request_id),
            None => self.new_id(author.at_ms),
        };
        let event = EndpointEvent::EndpointCreated {
            url: self.accept_url(&url)?,
            description: accept_description(description.unwrap_or_default())?,
            event_types: accept_types(event_types)?,
            public_key: self.public_key(&endpoint_id, 1),
        };
        let begun = self.begin(&study_oid).await?;
        let is_full = self.is_full(&study_oid).await?;
        let decide = |endpoint: Option<&Endpoint>| match endpoint {
            Some(_) => Ok(None),
            None if is_full => {
                let message = format!("a study has at most {MOST_ENDPOINTS} endpoints");
                Err(Error::exhausted("TOO_MANY_ENDPOINTS", message))
            }
            None => Ok(Some(event.clone())),
        };
        let endpoint =
            self.endpoints.change(&study_oid, &endpoint_id, &author, Some(&begun), decide).await?;
        self.shown(&study_oid, &endpoint_id, &endpoint).await
    }

    /// From the end of the journal on. Refuses with `STUDY_UNKNOWN`.
    async fn begin(&self, study: &str) -> Result<Progress, Error> {
        let store = self.endpoints.store();
        let broken = |error| self.endpoints.broken("create endpoint", error);
        let is_known = store.head(&LogName::new("", "study", study)).await;
        if study.is_empty() || is_known.map_err(broken)?.is_none() {
            return Err(Error::not_found("STUDY_UNKNOWN", format!("there is no study {study}")));
        }
        store.last_position().await.map(Progress::begin).map_err(broken)
    }

    async fn is_full(&self, study: &str) -> Result<bool, Error> {
        let rows = self.endpoints.store().list(Range::all(ENDPOINT, study, MOST_ENDPOINTS)).await;
        let rows = rows.map_err(|error| self.endpoints.broken("create endpoint", error))?;
        Ok(rows.len() >= MOST_ENDPOINTS as usize)
    }

    fn new_id(&self, at_ms: i64) -> String {
        let at_ms = u64::try_from(at_ms).unwrap_or_default();
        format!("whe_{}", Ulid::from_parts(at_ms, u128::from_be_bytes(self.random_bytes())))
    }
}

/// The same request makes the same endpoint.
fn id_of_request(study: &str, user: &str, request_id: &str) -> String {
    let bytes = format!("casebook webhook endpoint 1\0{study}\0{user}\0{request_id}");
    let hash = Hash::of(bytes.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_bytes()[..16]);
    format!("whe_{}", Ulid::from(u128::from_be_bytes(half)))
}
