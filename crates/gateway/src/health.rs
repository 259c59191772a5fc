//! gRPC health checking (`grpc.health.v1`): the same answer as `/readyz`, for balancers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream, stream::BoxStream};
use tonic::{Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::Health as Protocol,
};

use crate::{Drain, Readiness};

/// How often a watched state is looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Knows whether the parts of this process can work, and which services it has.
#[derive(Clone)]
pub(crate) struct Health {
    services: Arc<BTreeSet<&'static str>>,
    readiness: Arc<[(String, Readiness)]>,
    drain: Drain,
}

impl Health {
    pub(crate) fn new(
        services: Vec<&'static str>,
        readiness: &[(String, Readiness)],
        drain: Drain,
    ) -> Self {
        let services = Arc::new(services.into_iter().collect());
        Self { services, readiness: readiness.into(), drain }
    }

    /// The empty name stands for the whole process. `None` when there is no such service.
    async fn state(&self, service: &str) -> Option<ServingStatus> {
        if !service.is_empty() && !self.services.contains(service) {
            return None;
        }
        if self.drain.is_begun() {
            return Some(ServingStatus::NotServing);
        }
        for (_, readiness) in self.readiness.iter() {
            if readiness().await.is_err() {
                return Some(ServingStatus::NotServing);
            }
        }
        Some(ServingStatus::Serving)
    }
}

fn answer(state: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: state.into() }
}

#[tonic::async_trait]
impl Protocol for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let state = self.state(&request.get_ref().service).await;
        let state = state.ok_or_else(|| Status::not_found("no such service here"))?;
        Ok(Response::new(answer(state)))
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    /// The state now, and again whenever it has changed; it ends when the server is being stopped.
    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let service = request.into_inner().service;
        let states =
            stream::unfold((self.clone(), service, None), |(health, service, seen)| async move {
                loop {
                    let is_last = health.drain.is_begun();
                    let state =
                        health.state(&service).await.unwrap_or(ServingStatus::ServiceUnknown);
                    if seen != Some(state) {
                        return Some((Ok(answer(state)), (health, service, Some(state))));
                    }
                    if is_last {
                        return None;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(WATCH_INTERVAL) => {}
                        () = health.drain.begun() => {}
                    }
                }
            });
        Ok(Response::new(states.boxed()))
    }
}
