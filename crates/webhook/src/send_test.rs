//! Sends an event at once, to try an endpoint out; and how any event is sent.

use crate::{
    Webhooks,
    change::unknown,
    endpoint::Endpoint,
    endpoint::EndpointEvent,
    endpoints::Cause,
    keys::{EndpointKey, sign},
    message::{Message, test_id},
    metrics,
    outcome::{Failure, Outcome},
    target::Target,
    wire,
};
use contract::{
    Context, Error,
    webhook::v1::{SendTestRequest, SendTestResponse},
};
use std::time::Instant;

impl Webhooks {
    pub(crate) async fn do_send_test(
        &self,
        context: &Context,
        request: SendTestRequest,
    ) -> Result<SendTestResponse, Error> {
        let SendTestRequest { study_oid, endpoint_id, request_id } = request;
        let author = self.author(context, &study_oid, request_id.as_ref())?;
        let endpoint = self
            .change(&study_oid, &endpoint_id, &author, |_| Ok(Some(EndpointEvent::TestSent)))
            .await?;
        if endpoint.deleted {
            return Err(unknown(&endpoint_id));
        }
        let id = test_id(&endpoint_id, &author.request_id, author.at_ms);
        let message = Message::test(id, &study_oid, &author.actor, author.at_ms);
        let outcome = async { self.send(&endpoint_id, &endpoint, &message?).await };
        let outcome = outcome.await.map_err(|error| self.endpoints.broken("send test", error))?;
        Ok(wire::test_sent(&outcome))
    }

    /// Signs a message with the keys in use now, and sends it once.
    pub(crate) async fn send(
        &self,
        endpoint_id: &str,
        endpoint: &Endpoint,
        message: &Message,
    ) -> Result<Outcome, Cause> {
        let now_ms = self.now_ms();
        // What was allowed when the endpoint was made may be no longer.
        let Ok(target) = Target::parse(&endpoint.url, self.client.allowed()) else {
            return Ok(Outcome::failed(Failure::AddressRefused));
        };
        let keys = self.keys_in_use(endpoint_id, endpoint, now_ms)?;
        let timestamp_s = now_ms.div_euclid(1_000);
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", timestamp_s.to_string()),
            ("webhook-signature", sign(&keys, &message.id, timestamp_s, &message.body)),
        ];
        let began = Instant::now();
        let outcome = self.client.post(&target, &headers, message.body.clone(), now_ms).await;
        metrics::attempted(&outcome, began.elapsed());
        Ok(outcome)
    }

    /// The keys that sign at a time, newest first. Fails when they are not those of the journal.
    pub(crate) fn keys_in_use(
        &self,
        endpoint_id: &str,
        endpoint: &Endpoint,
        now_ms: i64,
    ) -> Result<Vec<EndpointKey>, Cause> {
        let mut keys = Vec::new();
        for known in endpoint.keys_in_use(now_ms) {
            let key = self.master.derive(endpoint_id, known.number);
            if key.public_text() != known.public {
                let why = "the secret of webhooks is not the one under which the key was made";
                return Err(why.into());
            }
            keys.push(key);
        }
        Ok(keys)
    }
}
