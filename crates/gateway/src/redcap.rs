//! `POST /api/`: the interface of REDCap on the studies of this installation, for programs that were
//! written for it. Each call is one of the contract's, with the permissions of the key that stands as
//! the token; what is written goes into the journal like any other save.
//!
//! [`form`] reads the call, [`project`] knows the study behind the token, the files beside them
//! answer one `content` each. What differs from REDCap on purpose is in `docs/redcap.md`.

mod design;
mod dispatch;
mod fault;
mod form;
mod info;
mod people;
mod project;
mod records_delete;
mod records_export;
mod records_import;
mod rows_in;
mod schedule;

use std::sync::Arc;

use axum::{
    extract::{Extension, Request as HttpRequest, State},
    response::{IntoResponse as _, Response},
};
use contract::{
    Code, Credentials, Error, Method,
    edc::v1::Edc,
    grpc::{Arrival, Gatekeeper as _},
    portfolio::v1::Portfolio,
};
use http::header;

use self::{fault::Fault, form::Form};
use crate::{
    Gateway, body,
    passage::{Door, Passage, Peer},
    request_id::RequestId,
};

pub(crate) const PATH: &str = "/api/";
/// The longest call.
const LONGEST_BODY_BYTES: usize = 32 * 1024 * 1024;

/// The services behind the interface, and where it differs from REDCap's.
#[derive(Clone)]
pub struct Redcap {
    pub edc: Arc<dyn Edc>,
    pub portfolio: Arc<dyn Portfolio>,
    pub settings: RedcapSettings,
}

/// Where the interface differs from REDCap's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedcapSettings {
    /// Passes over fields, forms and events that an export names and the study does not have, as
    /// REDCap does, instead of refusing the call.
    pub ignores_unknown_names: bool,
    /// Answers refusals with the status 400 only, as REDCap does, instead of one that says more.
    pub answers_400: bool,
}

impl std::fmt::Debug for Redcap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redcap").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What is answered to a call that was done.
pub(crate) enum Reply {
    /// Text of a media type.
    Text(&'static str, Vec<u8>),
    Stream(&'static str, axum::body::Body),
}

pub(crate) async fn answer(
    State(gateway): State<Arc<Gateway>>,
    Extension(RequestId(id)): Extension<RequestId>,
    request: HttpRequest,
) -> Response {
    let Some(redcap) = gateway.redcap.clone() else {
        let fault = Fault::of(&Error::not_found("PATH_UNKNOWN", "this interface is not open here"));
        return fault.response(form::Shape::Xml, false);
    };
    let (parts, body) = request.into_parts();
    let is_form = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let read = if is_form {
        body::read(body, LONGEST_BODY_BYTES).await
    } else {
        Err(Error::invalid("", "the body is not application/x-www-form-urlencoded"))
    };
    let form = match read {
        Ok(bytes) => Form::parse(&bytes),
        Err(error) => {
            let fault = Fault::of(&error);
            return fault.response(form::Shape::Xml, redcap.settings.answers_400);
        }
    };
    let shape = form.error_shape();
    let method = Method::find(dispatch::method(&form));
    let passage = method.map(|method| {
        let peer = parts.extensions.get::<Peer>().copied();
        Passage::new(&gateway, method, Door::Rest, peer, &parts.headers)
    });
    let answered = perform(&gateway, &redcap, form, passage.as_ref(), &id).await;
    let code = answered.as_ref().err().map(|fault| fault.code);
    let response = match answered {
        Ok(Reply::Text(kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Ok(Reply::Stream(kind, body)) => ([(header::CONTENT_TYPE, kind)], body).into_response(),
        Err(fault) => fault.response(shape, redcap.settings.answers_400),
    };
    match passage {
        Some(passage) => passage.watch(response, code),
        None => response,
    }
}

/// Knows the caller by his token, lets him in, and does what he asks for.
async fn perform(
    gateway: &Arc<Gateway>,
    redcap: &Redcap,
    form: Form,
    passage: Option<&Passage>,
    id: &str,
) -> Result<Reply, Fault> {
    if let Some(passage) = passage {
        passage.admit().map_err(|error| Fault::of(&error))?;
        passage.may_try().map_err(|error| Fault::of(&error))?;
    }
    let token = form.get("token").to_owned();
    if token.is_empty() {
        return Err(Fault::new(Code::Unauthenticated, "You do not have permissions: no token"));
    }
    let authenticated = gateway.authenticator.authenticate(Credentials::Token(token)).await;
    let caller = authenticated.map_err(|error| {
        if let (Code::Unauthenticated, Some(passage)) = (error.code(), passage) {
            passage.was_not_proven();
        }
        Fault::of(&error)
    })?;
    let study = project::study_of(&caller)?;
    if let Some(passage) = passage {
        let arrival = Arrival { caller: &caller, is_passed_on: false, study: Some(&study) };
        passage.let_in(arrival).map_err(|error| Fault::of(&error))?;
    }
    let user = caller.user.clone();
    let context = contract::Context::new(caller, "api", id);
    let call = project::Call { redcap: redcap.clone(), context, study, form };
    let deadline = gateway.limits.request_time;
    let streams = passage.is_some_and(|passage| passage.method().streams);
    let done = if streams {
        dispatch::dispatch(call).await
    } else {
        // An import is many saves; each of them is done or not, and all may be repeated.
        let most = deadline.max(std::time::Duration::from_mins(10));
        let timed = tokio::time::timeout(most, dispatch::dispatch(call)).await;
        timed.unwrap_or_else(|_| Err(Fault::of(&Error::deadline_exceeded())))
    };
    let denied = done.as_ref().err().and_then(Fault::not_permitted).cloned();
    if let (Some(error), Some(journal)) = (denied, &gateway.access_journal) {
        journal.refused(&user, &error).await;
    }
    done
}
