use crate::{
    receiver::Receiver,
    world::{STUDY, World, caller, manager, on_every_store},
};
use contract::{
    Access, Act, Code, METHODS, Method, Reach, Role,
    webhook::v1::{
        CreateEndpointRequest, DeleteEndpointRequest, DisableEndpointRequest,
        EnableEndpointRequest, EventTypes, ListDeliveriesRequest, ListEndpointsRequest,
        ReplayRequest, RotateKeyRequest, SendTestRequest, ShowSecretRequest, UpdateEndpointRequest,
        Webhook, endpoint::Status,
    },
};
use journal::{Draft, Head, LogName};
use std::sync::Arc;
use store::{Batch, Effect, Range, View};
use webhook::EndpointRows;

fn create(url: &str) -> CreateEndpointRequest {
    CreateEndpointRequest {
        study_oid: STUDY.into(),
        url: url.into(),
        description: Some("registry".into()),
        ..CreateEndpointRequest::default()
    }
}

#[test]
fn an_endpoint_is_created_changed_listed_and_deleted() {
    on_every_store(async |world| {
        let hooks = &world.hooks;
        let made = hooks.create_endpoint(&manager(), create("https://a.example/x")).await.unwrap();
        let made = made.endpoint.unwrap();
        assert!(made.endpoint_id.starts_with("whe_"));
        assert_eq!((made.created_by.as_str(), made.status()), ("wang.fang", Status::Enabled));
        assert_eq!(made.public_keys.len(), 1);
        assert!(made.public_keys[0].key.starts_with("whpk_"));
        assert_eq!(world.endpoint().await, made);

        let event_types = Some(EventTypes { event_types: vec!["form.saved".into()] });
        let update = UpdateEndpointRequest {
            study_oid: STUDY.into(),
            endpoint_id: made.endpoint_id.clone(),
            event_types,
            ..UpdateEndpointRequest::default()
        };
        let changed = hooks.update_endpoint(&manager(), update).await.unwrap().endpoint.unwrap();
        assert_eq!(changed.event_types, ["form.saved"]);
        assert_eq!((changed.url, changed.description), (made.url, made.description));

        let delete = DeleteEndpointRequest {
            study_oid: STUDY.into(),
            endpoint_id: made.endpoint_id.clone(),
            request_id: Some("r-1".into()),
        };
        hooks.delete_endpoint(&manager(), delete.clone()).await.unwrap();
        hooks.delete_endpoint(&manager(), delete).await.unwrap();
        let list = ListEndpointsRequest { study_oid: STUDY.into() };
        assert!(hooks.list_endpoints(&manager(), list).await.unwrap().endpoints.is_empty());
        let log = LogName::new(STUDY, "webhook", made.endpoint_id);
        let kinds: Vec<String> = world
            .store
            .read(&log, 1, 9)
            .await
            .unwrap()
            .iter()
            .map(|entry| entry.view().unwrap().kind.to_owned())
            .collect();
        assert_eq!(kinds, ["EndpointCreated", "EndpointUpdated", "EndpointDeleted"]);
        world.worker.run_until_idle().await;
        assert!(world.store.claim("webhook", i64::MAX / 2, 1).await.unwrap().is_none());
    });
}

#[test]
fn a_request_that_is_repeated_makes_one_endpoint_and_one_key() {
    on_every_store(async |world| {
        let request = CreateEndpointRequest {
            request_id: Some("r-1".into()),
            ..create("https://a.example/")
        };
        let one = world.hooks.create_endpoint(&manager(), request.clone()).await.unwrap();
        let two = world.hooks.create_endpoint(&manager(), request).await.unwrap();
        assert_eq!(one, two);
        let rotate = RotateKeyRequest {
            study_oid: STUDY.into(),
            endpoint_id: one.endpoint.unwrap().endpoint_id,
            request_id: Some("r-2".into()),
            overlap_hours: None,
        };
        let one = world.hooks.rotate_key(&manager(), rotate.clone()).await.unwrap();
        let two = world.hooks.rotate_key(&manager(), rotate).await.unwrap();
        assert_eq!(one, two);
        assert_eq!(one.endpoint.unwrap().public_keys.len(), 2);
    });
}

#[test]
fn what_cannot_be_accepted_is_refused() {
    on_every_store(async |world| {
        for url in ["https://10.0.0.1/", "https://0xa9fea9fe/", "https://u:p@a.example/", "x"] {
            let error = world.hooks.create_endpoint(&manager(), create(url)).await.unwrap_err();
            assert_eq!(
                (error.reason(), error.violations()[0].field.as_str()),
                ("INVALID_ARGUMENT", "url")
            );
        }
        let request = CreateEndpointRequest {
            event_types: vec!["form.burnt".into()],
            ..create("https://a.example/")
        };
        let error = world.hooks.create_endpoint(&manager(), request).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "eventTypes");
        let request =
            CreateEndpointRequest { study_oid: "ST.NONE".into(), ..create("https://a.example/") };
        let everywhere = caller(Role::DataManager, "ST.NONE");
        let error = world.hooks.create_endpoint(&everywhere, request).await.unwrap_err();
        assert_eq!(error.reason(), "STUDY_UNKNOWN");
        let request = DisableEndpointRequest {
            study_oid: STUDY.into(),
            endpoint_id: "whe_none".into(),
            request_id: None,
        };
        let error = world.hooks.disable_endpoint(&manager(), request).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "ENDPOINT_UNKNOWN"));
    });
}

#[test]
fn a_study_has_at_most_fifty_endpoints() {
    on_every_store(async |world| {
        for _ in 0..50 {
            world.hooks.create_endpoint(&manager(), create("https://a.example/")).await.unwrap();
        }
        let error = world.hooks.create_endpoint(&manager(), create("https://a.example/")).await;
        assert_eq!(error.unwrap_err().reason(), "TOO_MANY_ENDPOINTS");
    });
}

#[test]
fn only_those_who_manage_webhooks_of_the_study_may_call() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        let id = world.subscribe(&receiver, &[]).await.endpoint_id;
        for role in Role::ALL {
            for study in [STUDY, "ST.OTHER"] {
                let may = study == STUDY && matches!(role, Role::DataManager | Role::Administrator);
                let codes = every_call(&world, role, study, &id).await;
                let of_service = |one: &&Method| one.service == "casebook.webhook.v1.Webhook";
                assert_eq!(codes.len(), METHODS.iter().filter(of_service).count());
                for (method, refused) in codes {
                    assert_eq!(refused, !may, "{method} as {role} of {study}");
                }
            }
        }
        assert!(receiver.received().iter().all(|one| one.event_type() == "webhook.test"));
    });
}

/// Makes a call, and says whether it was refused for want of a role.
macro_rules! refused {
    ($hooks:expr, $who:expr, $method:ident, $name:literal, $request:expr) => {{
        let method = Method::find(concat!("casebook.webhook.v1.Webhook/", $name)).unwrap();
        assert_eq!(method.access, Access::Act(Act::ManageWebhooks, Reach::Study));
        let answer = $hooks.$method(&$who, $request).await;
        ($name, answer.is_err_and(|error| error.reason() == "NOT_PERMITTED"))
    }};
}

/// Which calls are refused for want of a role.
async fn every_call(world: &World, role: Role, study: &str, id: &str) -> Vec<(&'static str, bool)> {
    let mut refused = changing_calls(world, role, study, id).await;
    let (hooks, who) = (&world.hooks, caller(role, study));
    let (s, e, r) = (|| STUDY.to_owned(), || id.to_owned(), || None);
    let list = ListEndpointsRequest { study_oid: s() };
    refused.push(refused!(hooks, who, list_endpoints, "ListEndpoints", list));
    let test = SendTestRequest { study_oid: s(), endpoint_id: e(), request_id: r() };
    refused.push(refused!(hooks, who, send_test, "SendTest", test));
    let show = ShowSecretRequest { study_oid: s(), endpoint_id: e(), request_id: r() };
    refused.push(refused!(hooks, who, show_secret, "ShowSecret", show));
    let list = ListDeliveriesRequest { study_oid: s(), endpoint_id: e() };
    refused.push(refused!(hooks, who, list_deliveries, "ListDeliveries", list));
    let replay = ReplayRequest { study_oid: s(), endpoint_id: e(), from: None, request_id: r() };
    refused.push(refused!(hooks, who, replay, "Replay", replay));
    refused
}

async fn changing_calls(
    world: &World,
    role: Role,
    study: &str,
    id: &str,
) -> Vec<(&'static str, bool)> {
    let (hooks, who) = (&world.hooks, caller(role, study));
    let (s, e, r) = (|| STUDY.to_owned(), || id.to_owned(), || None);
    let create = create("https://a.example/");
    let update = UpdateEndpointRequest {
        study_oid: s(),
        endpoint_id: e(),
        ..UpdateEndpointRequest::default()
    };
    let rotate =
        RotateKeyRequest { study_oid: s(), endpoint_id: e(), ..RotateKeyRequest::default() };
    let disable = DisableEndpointRequest { study_oid: s(), endpoint_id: e(), request_id: r() };
    let enable = EnableEndpointRequest { study_oid: s(), endpoint_id: e(), request_id: r() };
    let nobody = "whe_none".to_owned();
    let delete = DeleteEndpointRequest { study_oid: s(), endpoint_id: nobody, request_id: r() };
    vec![
        refused!(hooks, who, create_endpoint, "CreateEndpoint", create),
        refused!(hooks, who, update_endpoint, "UpdateEndpoint", update),
        refused!(hooks, who, rotate_key, "RotateKey", rotate),
        refused!(hooks, who, disable_endpoint, "DisableEndpoint", disable),
        refused!(hooks, who, enable_endpoint, "EnableEndpoint", enable),
        refused!(hooks, who, delete_endpoint, "DeleteEndpoint", delete),
    ]
}

#[test]
fn rows_of_endpoints_follow_from_their_logs() {
    on_every_store(async |world| {
        let receiver = Receiver::start().await;
        world.subscribe(&receiver, &[]).await;
        let gone = world.subscribe(&receiver, &["form.saved"]).await;
        let delete = DeleteEndpointRequest {
            study_oid: STUDY.into(),
            endpoint_id: gone.endpoint_id,
            request_id: None,
        };
        world.hooks.delete_endpoint(&manager(), delete).await.unwrap();
        let rows = || world.store.list(Range::all(View(60), STUDY, 99));
        let before = rows().await.unwrap();
        assert_eq!(before.len(), 1);
        let of_endpoints = EndpointRows::new(Arc::clone(&world.store), Arc::new(|_| ()));
        let report = of_endpoints.verify().await.unwrap();
        assert_eq!((report.logs, report.rows, report.faults_total), (2, 1, 0));
        spoil(&world, &before[0].0).await;
        let report = of_endpoints.verify().await.unwrap();
        assert_eq!(report.faults_total, 2, "{:?}", report.faults);
        assert_eq!(of_endpoints.rebuild().await.unwrap(), 2);
        assert_eq!(rows().await.unwrap(), before);
        assert_eq!(of_endpoints.verify().await.unwrap().faults_total, 0);
    });
}

/// Changes one row and adds another, as nobody may.
async fn spoil(world: &World, endpoint_id: &str) {
    let row =
        |key: &str| Effect::Put { view: View(60), key: key.to_owned(), bytes: b"{}".to_vec() };
    let log = LogName::new(STUDY, "spoiled", "rows");
    let draft = Draft { kind: "Spoiled".into(), ..Draft::default() };
    let effects = vec![row(endpoint_id), row("whe_invented")];
    let batch = Batch::seal(log, Head::default(), &[draft], effects);
    world.store.append(batch).await.unwrap();
}
