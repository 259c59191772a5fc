//! The peer: the same form over the same HTTP server, kept as item rows with one audit row each,
//! one transaction per save.
//!
//! It is given every advantage that its layout allows: one thread that owns the connection and
//! never waits for a lock, prepared statements, a password that is compared as text, checks as
//! plain comparisons, an answer that names the version only.
//!
//! Without a file it keeps nothing: how fast this HTTP server, this load and this machine can be.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::{Path as Place, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse as _, Response},
    routing::put,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    fill::{PASSWORD, USER},
    peer_rows::{Rows, Save, Saved},
};

/// Saves that may wait for the writer.
const QUEUE: usize = 4_096;

type Waiting = (Save, oneshot::Sender<Result<Saved>>);

struct Peer {
    credentials: String,
    queue: mpsc::SyncSender<Waiting>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    seen_version: i64,
    reason: Option<String>,
    values: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Value {
    item_oid: String,
    value: String,
}

/// Serves until it is killed.
pub async fn serve(file: Option<&Path>) -> Result<()> {
    let mut rows = file.map(Rows::open).transpose()?;
    let (queue, waiting) = mpsc::sync_channel::<Waiting>(QUEUE);
    thread::spawn(move || {
        for (save, answer) in waiting {
            let saved = match &mut rows {
                Some(rows) => rows.save(&save),
                None => Ok(Saved::Version(save.seen_version + 1)),
            };
            // A caller that went away does not hear of it.
            let _ = answer.send(saved);
        }
    });
    let credentials = BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let peer = Arc::new(Peer { credentials: format!("Basic {credentials}"), queue });
    let router = Router::new()
        .route("/v1/studies/{study}/subjects/{subject}/events/{event}/1/forms/{form}/1", put(save))
        .with_state(peer);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    gateway::serve(listener, router, std::future::pending()).await?;
    Ok(())
}

async fn save(
    State(peer): State<Arc<Peer>>,
    Place((_study, subject, event, form)): Place<(String, String, String, String)>,
    headers: HeaderMap,
    Json(body): Json<Body>,
) -> Response {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given != Some(peer.credentials.as_str()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let values = body.values.into_iter().map(|value| (value.item_oid, value.value)).collect();
    let save =
        Save { subject, event, form, seen_version: body.seen_version, reason: body.reason, values };
    let (answer, answered) = oneshot::channel();
    if peer.queue.send((save, answer)).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match answered.await {
        Ok(Ok(Saved::Version(version))) => {
            Json(serde_json::json!({ "version": version })).into_response()
        }
        Ok(Ok(Saved::Stale)) => StatusCode::CONFLICT.into_response(),
        Ok(Ok(Saved::NotAValue(item))) => (StatusCode::BAD_REQUEST, item).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
