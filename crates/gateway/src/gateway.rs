//! What is put together to answer HTTP.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use contract::{
    AccessJournal, Authenticator, Error, Trace,
    grpc::{Admission, Server},
    rest::{Bound, Route, Router as Routes},
};
use futures::future::BoxFuture;

use tonic_health::pb::health_server::HealthServer;
use tracing::Span;

use crate::{
    Cookies, Drain, Guard, Redcap, Uses, api, call, door::Door, health::Health, oauth, pages,
    redcap, web,
};

/// Services, somebody who knows the callers, and limits; becomes an [`axum::Router`].
pub struct Gateway {
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) routes: Routes,
    pub(crate) services: Vec<Mounted>,
    pub(crate) readiness: Vec<(String, Readiness)>,
    pub(crate) helpers: Vec<(String, Readiness)>,
    pub(crate) limits: Limits,
    pub(crate) grpc: Server,
    pub(crate) cookies: Option<Cookies>,
    pub(crate) access_journal: Option<Arc<dyn AccessJournal>>,
    pub(crate) guard: Option<Arc<Guard>>,
    pub(crate) uses: Option<Arc<Uses>>,
    pub(crate) drain: Drain,
    pub(crate) tracer: Option<Tracer>,
    pub(crate) redcap: Option<Redcap>,
    pub(crate) make_id: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Makes a span a step of the trace that a caller named, or of a new one, and says which step it is.
/// `None` when traces are kept nowhere.
pub type Tracer = Arc<dyn Fn(&Span, Option<Trace>) -> Option<Trace> + Send + Sync>;

/// Says whether a part of the system can work, or why not.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// A service as the start page names it.
#[derive(Clone, Debug)]
pub(crate) struct Mounted {
    pub(crate) name: String,
    pub(crate) route_count: usize,
}

/// What a single request may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub body_bytes: usize,
    /// From the first byte of the request to the answer; a streamed answer may flow longer.
    pub request_time: Duration,
    /// Between two pieces of a streamed answer.
    pub piece_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 4 * 1024 * 1024,
            request_time: Duration::from_secs(30),
            piece_time: Duration::from_mins(1),
        }
    }
}

impl Gateway {
    /// A gateway without services. `make_id` makes the ids of requests that bring none.
    pub fn new(
        authenticator: Arc<dyn Authenticator>,
        make_id: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        let make_id: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(make_id);
        let nobody = Admission::default();
        Self {
            authenticator,
            grpc: Server::new(nobody, contract::grpc::Limits::default(), String::new),
            routes: Routes::default(),
            services: Vec::new(),
            readiness: Vec::new(),
            helpers: Vec::new(),
            limits: Limits::default(),
            cookies: None,
            access_journal: None,
            guard: None,
            uses: None,
            drain: Drain::default(),
            tracer: None,
            redcap: None,
            make_id,
        }
    }

    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets browsers keep their session in a cookie.
    #[must_use]
    pub fn with_cookies(mut self, cookies: Cookies) -> Self {
        self.cookies = Some(cookies);
        self
    }

    /// Tells somebody which callers were refused what.
    #[must_use]
    pub fn with_access_journal(mut self, journal: Arc<dyn AccessJournal>) -> Self {
        self.access_journal = Some(journal);
        self
    }

    /// Refuses what is too much.
    #[must_use]
    pub fn with_guard(mut self, guard: Arc<Guard>) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Counts who calls what.
    #[must_use]
    pub fn with_uses(mut self, uses: Arc<Uses>) -> Self {
        self.uses = Some(uses);
        self
    }

    /// Says that it is not ready, and ends what would never end, when the server is being stopped.
    #[must_use]
    pub fn with_drain(mut self, drain: Drain) -> Self {
        self.drain = drain;
        self
    }

    /// Makes each request a step of a trace.
    #[must_use]
    pub fn with_tracer(mut self, tracer: Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }

    /// Answers programs that were written for REDCap at `POST /api/`.
    #[must_use]
    pub fn with_redcap(mut self, redcap: Redcap) -> Self {
        self.redcap = Some(redcap);
        self
    }

    /// Opens the REST doors of a service.
    #[must_use]
    pub fn mount<S: ?Sized + Send + Sync + 'static>(
        mut self,
        name: impl Into<String>,
        routes: Vec<Route<S>>,
        service: &Arc<S>,
    ) -> Self {
        self.services.push(Mounted { name: name.into(), route_count: routes.len() });
        let bound = routes.into_iter().map(|route| route.bind(service.clone()));
        bound.for_each(|route: Bound| self.routes.add(route));
        self
    }

    /// Answers gRPC calls on the same port. Without it there are only health and reflection.
    #[must_use]
    pub fn with_grpc(mut self, server: Server) -> Self {
        self.grpc = server;
        self
    }

    /// Lets `/readyz` ask a part of the system, too.
    #[must_use]
    pub fn ready_when(mut self, name: impl Into<String>, readiness: Readiness) -> Self {
        self.readiness.push((name.into(), readiness));
        self
    }

    /// Lets `/readyz` say when a part is away without which most can be done. That is no reason to
    /// send requests elsewhere.
    #[must_use]
    pub fn works_without(mut self, name: impl Into<String>, readiness: Readiness) -> Self {
        self.helpers.push((name.into(), readiness));
        self
    }

    /// The router, with everything around the calls: ids, logs, security headers.
    pub fn into_router(self) -> Router {
        let protocols = protocols(self.grpc.services(), &self.readiness, &self.drain);
        let gateway = Arc::new(self);
        let pages = Router::new()
            .route("/", get(pages::start))
            .route("/about", get(pages::about))
            .route("/start.css", get(pages::style))
            .route("/healthz", get(pages::healthz))
            .route("/readyz", get(pages::readyz))
            .merge(api::router())
            .merge(web::router())
            .merge(protocols)
            .route(oauth::PATH, post(oauth::token))
            .route(redcap::PATH, post(redcap::answer))
            .fallback(call::refuse)
            .with_state(gateway.clone());
        Router::new().fallback_service(Door { gateway, pages })
    }
}

/// What gRPC clients expect of every server: health, and reflection of what is offered here.
fn protocols<S: Clone + Send + Sync + 'static>(
    services: Vec<&'static str>,
    readiness: &[(String, Readiness)],
    drain: &Drain,
) -> Router<S> {
    let own = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(contract::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    let named = services.iter().chain(&own);
    let reflection = named.fold(reflection, |all, name| all.with_service_name(*name));
    let reflection =
        reflection.build_v1().expect("the descriptors were compiled with this program");
    let health = HealthServer::new(Health::new(services, readiness, drain.clone()));
    Router::new()
        .route_service("/grpc.health.v1.Health/{*method}", health)
        .route_service("/grpc.reflection.v1.ServerReflection/{*method}", reflection)
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.services.iter().map(|service| &service.name);
        f.debug_list().entries(names).finish()
    }
}
