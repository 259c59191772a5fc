//! Shows the secrets of an endpoint to whoever sets up a receiver that verifies with them.

use crate::{Webhooks, change::unknown, endpoint::EndpointEvent};
use contract::{
    Context, Error, Timestamp,
    webhook::v1::{Secret, ShowSecretRequest, ShowSecretResponse},
};

impl Webhooks {
    /// Notes in the journal that somebody saw them, and then answers them.
    pub(crate) async fn do_show_secret(
        &self,
        context: &Context,
        request: ShowSecretRequest,
    ) -> Result<ShowSecretResponse, Error> {
        let ShowSecretRequest { study_oid, endpoint_id, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let decide = |_: &_| Ok(Some(EndpointEvent::SecretShown));
        let endpoint = self.change(&study_oid, &endpoint_id, &author, decide).await?;
        if endpoint.deleted {
            return Err(unknown(&endpoint_id));
        }
        let keys = self.keys_in_use(&endpoint_id, &endpoint, author.at_ms);
        let keys = keys.map_err(|error| self.endpoints.broken("show secret", error))?;
        let secrets = keys.iter().zip(endpoint.keys_in_use(author.at_ms)).map(|(key, known)| {
            let until = known.until_ms.map(Timestamp::from_millisecond);
            Secret { secret: key.secret_text(), until }
        });
        Ok(ShowSecretResponse { secrets: secrets.collect() })
    }
}
