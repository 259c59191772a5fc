//! A trace goes from its caller through the door and the service to the store, and on to a collector.

use std::collections::HashMap;

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    trace::v1::Span,
};
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc};
use tonic::{
    Request, Response, Status,
    transport::server::{Server, TcpIncoming},
};

use crate::{
    client::{House, basic, send, stop},
    study::{FORM, GROUP, STUDY, USER, event, item, subject},
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const STEP: &str = "b7ad6b7169203331";
const VALUE: &str = "739184652";

/// Spans, each with the name of the service that it is of.
struct Collector(mpsc::UnboundedSender<(String, Span)>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for one in request.into_inner().resource_spans {
            let service = format!("{:?}", one.resource);
            for span in one.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                // The test may have seen enough.
                let _ = self.0.send((service.clone(), span));
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// An id as it is written in a `traceparent`.
fn hex(id: &[u8]) -> String {
    match *id {
        [] => String::new(),
        _ if id.len() == 8 => format!("{:016x}", u64::from_be_bytes(id.try_into().unwrap())),
        _ => format!("{:032x}", u128::from_be_bytes(id.try_into().unwrap())),
    }
}

#[tokio::test]
async fn a_save_can_be_followed_from_its_caller_to_the_store() {
    let (sender, mut spans) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = TraceServiceServer::new(Collector(sender));
    let collector = Server::builder().add_service(service);
    tokio::spawn(collector.serve_with_incoming(TcpIncoming::from(listener)));

    let house = House::new().await;
    let server = house.serve("info", &[("CASEBOOK_OTLP_ENDPOINT", &endpoint)]);
    let (credentials, parent) = (basic(USER), format!("00-{TRACE}-{STEP}-01"));
    let headers = [("authorization", credentials.as_str()), ("traceparent", parent.as_str())];
    let record =
        format!("/v1/studies/{STUDY}/subjects/{}/events/{}/1/forms/{FORM}/1", subject(0), event(0));
    let value = json!({
        "itemGroupOid": GROUP, "itemGroupRepeatKey": "1", "itemOid": item(1), "value": VALUE,
    });
    let body = json!({ "seenVersion": 0, "requestId": "r1", "values": [value] });
    let saved = send(server.address, ("PUT", &record), &headers, body.to_string()).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    tokio::task::spawn_blocking(|| stop(server)).await.unwrap();
    assert!(house.log().contains(TRACE), "the log names the trace");

    let mut seen = HashMap::new();
    while let Ok((service, span)) = spans.try_recv() {
        assert!(service.contains("\"casebook\""), "{service}");
        assert!(!format!("{span:?}").contains(VALUE), "{span:?}");
        if hex(&span.trace_id) == TRACE {
            seen.insert(hex(&span.span_id), span);
        }
    }
    let way = |name: &str| {
        let ways = seen.values().filter(|span| span.name == name).map(|span| {
            let (mut names, mut span) = (vec![span.name.clone()], span);
            while let Some(above) = seen.get(&hex(&span.parent_span_id)) {
                names.push(above.name.clone());
                span = above;
            }
            (names, hex(&span.parent_span_id))
        });
        ways.collect::<Vec<_>>()
    };
    // The commit is made by another thread, for a group of writes.
    let expected = ["store.commit", "store.append", "call", "request"].map(str::to_owned).to_vec();
    let committed = way("store.commit");
    assert!(committed.contains(&(expected, STEP.to_owned())), "{committed:?} of {}", seen.len());
}
