//! A gateway over the echo service, and a way to ask it.

#[path = "../../../contract/tests/contract/echo.rs"]
pub mod echo;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, body::Body};
use contract::{
    Authentication, Authenticator, Caller, Credentials, Error, Grant, Role,
    edc::v1::{self, Edc},
};
use gateway::{Gateway, Limits};
use http::{Request, Response, header};
use serde_json::Value;
use tower::ServiceExt as _;

/// `li.na:plum:blossom`: the password has a colon.
pub const BASIC: &str = "Basic bGkubmE6cGx1bTpibG9zc29t";
pub const FORM: &str = "/v1/studies/S/subjects/01-001/events/SE.V1/1/forms/F.VS/1";

/// Knows one coordinator, by password and by token.
#[derive(Debug)]
pub struct OneCoordinator;

#[async_trait]
impl Authenticator for OneCoordinator {
    async fn authenticate(&self, credentials: Credentials) -> Result<Caller, Error> {
        let is_known = match &credentials {
            Credentials::Password { user, password } => {
                user == "li.na" && password == "plum:blossom"
            }
            Credentials::Token(token) => token == "t0ken",
        };
        if !is_known {
            return Err(Error::unauthenticated("name or password is wrong"));
        }
        let (study, site) = (Some("S".to_owned()), Some("701".to_owned()));
        let grants = vec![Grant { role: Role::Coordinator, study, site }];
        Ok(Caller::new("li.na", Authentication::Password, grants))
    }
}

pub fn gateway() -> Gateway {
    let service: Arc<dyn Edc> = Arc::new(echo::Echo);
    Gateway::new(Arc::new(OneCoordinator), || "made-1".to_owned()).mount(
        "Edc",
        v1::rest::routes(),
        &service,
    )
}

pub fn limited(limits: Limits) -> Router {
    gateway().with_limits(limits).into_router()
}

pub fn request(method: &str, uri: &str) -> http::request::Builder {
    Request::builder().method(method).uri(uri).header(header::AUTHORIZATION, BASIC)
}

pub async fn ask(router: Router, request: Request<Body>) -> Response<Body> {
    router.oneshot(request).await.unwrap()
}

pub async fn get(uri: &str) -> Response<Body> {
    ask(gateway().into_router(), request("GET", uri).body(Body::empty()).unwrap()).await
}

pub async fn save(body: impl Into<Body>) -> Response<Body> {
    let request = request("PUT", FORM).header(header::CONTENT_TYPE, "application/json");
    ask(gateway().into_router(), request.body(body.into()).unwrap()).await
}

pub async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub async fn json_of(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

pub fn header_of<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}
