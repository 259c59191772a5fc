//! Whether a service in another process can work.

use std::{sync::Arc, time::Duration};

use contract::Error;
use futures::FutureExt as _;
use gateway::Readiness;
use mesh::Channel;
use tonic::Request;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::Part;

/// Whoever needs longer to say that he is well is not.
const TIME: Duration = Duration::from_secs(2);

/// Asks a service over its channel, as any gRPC client would (`grpc.health.v1`).
pub fn readiness(part: Part, channel: &Channel) -> Readiness {
    let client = HealthClient::new(channel.clone());
    Arc::new(move || {
        let mut client = client.clone();
        async move {
            let mut request =
                Request::new(HealthCheckRequest { service: part.service().to_owned() });
            request.set_timeout(TIME);
            let away = |why: &str| Error::unavailable(format!("{} {why}", part.name()));
            let answered = client.check(request).await;
            match answered.map(|answer| answer.into_inner().status()) {
                Ok(ServingStatus::Serving) => Ok(()),
                Ok(_) => Err(away("is not ready")),
                Err(status) => Err(away(status.message())),
            }
        }
        .boxed()
    })
}
