//! What reveals the arm reaches no receiver.

use crate::{
    receiver::{Received, Receiver},
    world::{STUDY, World, caller, on_every_store},
};
use contract::{
    Caller, Role,
    edc::v1::{
        CloseQueryRequest, Edc, FormRecordPlace, ItemEntry, ItemPlace, OpenQueryRequest,
        SaveFormRequest, ScreenSubjectRequest, item_entry::Entry,
    },
};
use edc::SiteAdded;
use std::collections::BTreeMap;
use testkit::study;

const SITE: &str = "101";

async fn blind(world: &World) {
    let admin = Caller::system("casebook");
    let site = SiteAdded {
        site: SITE.into(),
        name: BTreeMap::from([("en".to_owned(), "Site 101".to_owned())]),
        time_zone: "Asia/Shanghai".to_owned(),
        country: None,
    };
    world.edc.add_site(&admin, &STUDY.into(), site).await.unwrap();
    let mut version = study::version();
    version.version_oid = "MDV.2".into();
    world.edc.publish(&admin, version, None).await.unwrap();
    world.advance_s(3_600);
}

async fn screen(world: &World) {
    let request = ScreenSubjectRequest {
        study_oid: STUDY.into(),
        site_oid: SITE.into(),
        subject_key: Some("S1".into()),
        consent_date: "2026-03-01".into(),
        ..ScreenSubjectRequest::default()
    };
    world.edc.screen_subject(&caller(Role::Coordinator, STUDY), request).await.unwrap();
}

async fn save(world: &World, values: &[(&str, &str)]) {
    let entry = |(item, text): &(&str, &str)| ItemEntry {
        item_group_oid: "IG.IP".into(),
        item_group_repeat_key: "1".into(),
        item_oid: (*item).into(),
        unit_oid: None,
        entry: Some(Entry::Value((*text).to_owned())),
    };
    let request = SaveFormRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        study_event_oid: "SE.W2".into(),
        study_event_repeat_key: "1".into(),
        form_oid: "F.IP".into(),
        form_repeat_key: "1".into(),
        seen_version: Some(0),
        values: values.iter().map(entry).collect(),
        ..SaveFormRequest::default()
    };
    world.edc.save_form(&caller(Role::Coordinator, STUDY), request).await.unwrap();
}

async fn ask(world: &World, item: &str) -> String {
    let request = OpenQueryRequest {
        study_oid: STUDY.into(),
        record: Some(FormRecordPlace {
            subject_key: "S1".into(),
            study_event_oid: "SE.W2".into(),
            study_event_repeat_key: "1".into(),
            form_oid: "F.IP".into(),
            form_repeat_key: "1".into(),
        }),
        item: Some(ItemPlace {
            item_group_oid: "IG.IP".into(),
            item_group_repeat_key: "1".into(),
            item_oid: item.into(),
        }),
        text: "planted question".into(),
        ..OpenQueryRequest::default()
    };
    let unblinded = || {
        let mut who = caller(Role::DataManager, STUDY);
        who.caller.grants.extend(caller(Role::Pharmacist, STUDY).caller.grants);
        who
    };
    let opened = world.edc.open_query(&unblinded(), request).await.unwrap().query.unwrap();
    let query_id = opened.query_id.clone();
    let request = CloseQueryRequest {
        study_oid: STUDY.into(),
        query_id: opened.query_id,
        text: Some("settled".into()),
        ..CloseQueryRequest::default()
    };
    world.edc.close_query(&unblinded(), request).await.unwrap();
    query_id
}

#[test]
fn nothing_that_is_sent_tells_of_what_is_blinded() {
    on_every_store(async |world| {
        blind(&world).await;
        let receiver = Receiver::start().await;
        let endpoint = world.subscribe(&receiver, &[]).await;
        screen(&world).await;
        // A blinded check asks about this.
        save(&world, &[("I.KIT", "LOST"), ("I.DOSES", "3")]).await;
        ask(&world, "I.KIT").await;
        let shown = ask(&world, "I.DOSES").await;
        world.worker.run_until_idle().await;
        let came = receiver.received();
        let types: Vec<String> = came.iter().map(Received::event_type).collect();
        assert_eq!(
            types.iter().filter(|name| name.starts_with("query")).collect::<Vec<_>>(),
            ["query.opened", "query.closed"],
            "only of the query about the item that is not blinded: {types:?}"
        );
        for one in came.iter().filter(|one| one.event_type().starts_with("query")) {
            assert_eq!(one.json()["data"]["query_id"], shown.as_str());
        }
        for one in &came {
            let text = String::from_utf8(one.body.to_vec()).unwrap();
            for hidden in ["I.KIT", "I.DOSES", "LOST", "CK.KIT", "planted", "IG.IP", "sequence"] {
                assert!(!text.contains(hidden), "{hidden} in {text}");
            }
        }
        let saved = came.iter().find(|one| one.event_type() == "form.saved").unwrap();
        assert_eq!(saved.json()["data"]["form_oid"], "F.IP");
        let listed = world.deliveries(&endpoint).await;
        assert!(listed.iter().all(|one| one.sequence.is_none()));
    });
}
