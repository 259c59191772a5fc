//! What is known of endpoints and deliveries.

use crate::{
    Webhooks,
    change::unknown,
    create_endpoint::MOST_ENDPOINTS,
    endpoint::Endpoint,
    endpoints::{ENDPOINT, QUEUE},
    progress::Progress,
    wire,
};
use contract::{
    Act, Context, Error, Scope,
    webhook::v1::{
        ListDeliveriesRequest, ListDeliveriesResponse, ListEndpointsRequest, ListEndpointsResponse,
    },
};
use store::Range;

impl Webhooks {
    pub(crate) async fn do_list(
        &self,
        context: &Context,
        request: ListEndpointsRequest,
    ) -> Result<ListEndpointsResponse, Error> {
        let study = request.study_oid;
        context.caller.permit(Act::ManageWebhooks, Scope::study_wide(&study))?;
        // Two who create at once may leave the study with one more.
        let range = Range::all(ENDPOINT, study.as_str(), 2 * MOST_ENDPOINTS);
        let rows = self.endpoints.store().list(range).await;
        let rows = rows.map_err(|error| self.endpoints.broken("list endpoints", error))?;
        let mut endpoints = Vec::with_capacity(rows.len());
        for (endpoint_id, bytes) in rows {
            let endpoint: Endpoint = serde_json::from_slice(&bytes)
                .map_err(|error| self.endpoints.broken("list endpoints", error))?;
            endpoints.push(self.shown(&study, &endpoint_id, &endpoint).await?);
        }
        Ok(ListEndpointsResponse { endpoints })
    }

    pub(crate) async fn do_list_deliveries(
        &self,
        context: &Context,
        request: ListDeliveriesRequest,
    ) -> Result<ListDeliveriesResponse, Error> {
        let ListDeliveriesRequest { study_oid, endpoint_id } = request;
        context.caller.permit(Act::ManageWebhooks, Scope::study_wide(&study_oid))?;
        let known = self.endpoints.find(&study_oid, &endpoint_id).await;
        let known = known.map_err(|error| self.endpoints.broken("list deliveries", error))?;
        if known.is_none_or(|known| known.endpoint.deleted) {
            return Err(unknown(&endpoint_id));
        }
        let progress = self.progress(&study_oid, &endpoint_id).await?;
        Ok(ListDeliveriesResponse { deliveries: wire::deliveries(&progress) })
    }

    /// How far an endpoint has come.
    pub(crate) async fn progress(&self, study: &str, endpoint_id: &str) -> Result<Progress, Error> {
        let noted = self.endpoints.store().noted(study, QUEUE, endpoint_id).await;
        let noted = noted.map_err(|error| self.endpoints.broken("read progress", error))?;
        let progress =
            noted.map_or_else(|| Ok(Progress::default()), |it| Progress::from_bytes(&it));
        progress.map_err(|error| self.endpoints.broken("read progress", error))
    }
}
