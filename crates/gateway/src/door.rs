//! The way of every request: it gets its id, is answered by a method of a service or as a page, and
//! its answer gets the headers that all answers have.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{Router, extract::Request, response::Response};
use futures::future::BoxFuture;
use tower::{Service, ServiceExt as _};

use crate::{
    Gateway, call, cookie,
    request_id::{self, RequestId},
    security,
};

/// Answers every request. Calls of methods, which are nearly all there is, go straight to the service;
/// everything else is looked for among the pages.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) pages: Router,
}

impl Door {
    async fn answer(self, request: Request) -> Response {
        let is_page = cookie::is_page(request.headers());
        let Self { gateway, pages } = self;
        let respond = async |mut request: Request, id: RequestId| {
            if let Some(called) = call::called(&gateway, &request) {
                return call::answer(&gateway, called, request, id).await;
            }
            request.extensions_mut().insert(id);
            match pages.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        };
        let mut response = request_id::assign(&gateway, request, respond).await;
        security::harden(&mut response, is_page);
        response
    }
}

impl Service<Request> for Door {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let door = self.clone();
        Box::pin(async move { Ok(door.answer(request).await) })
    }
}
