//! Work that waits for somebody: lists and counts, cut down to who may see what.

use contract::{
    Context, Role,
    edc::v1::{
        FreezeRecordsRequest, GetMatrixRequest, GetWorkloadRequest, ListWorkRequest,
        LockRecordsRequest, VerifyItemsRequest, Work, work::Kind,
    },
};

use crate::{
    review::{VS, removal, sign, weighed, with_reason},
    world::{
        HERE, STUDY, THERE, World, coordinator, data_manager, in_role, investigator, monitor,
        on_every_store, place, save, unique, value,
    },
};

async fn work(world: &World, context: &Context, kind: Kind) -> Vec<Work> {
    let mut request =
        ListWorkRequest { study_oid: STUDY.into(), kind: kind.into(), ..Default::default() };
    request.page_size = Some(1);
    let mut all = Vec::new();
    loop {
        let page = world.edc.list_work(context, request.clone()).await.unwrap();
        assert!(page.work.len() <= 1);
        all.extend(page.work);
        match page.next_page_token {
            Some(token) => request.page_token = Some(token),
            None => return all,
        }
    }
}

async fn count(world: &World, context: &Context, kind: Kind) -> i32 {
    let request = GetWorkloadRequest { study_oid: STUDY.into(), site_oid: None };
    let load = world.edc.get_workload(context, request).await.unwrap();
    load.counts.iter().find(|one| one.kind == i32::from(kind)).unwrap().count
}

fn names(work: &[Work]) -> Vec<String> {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = |one: &Work| {
        format!("{} {}/{}", one.subject_key, part(&one.study_event_oid), part(&one.form_oid))
    };
    work.iter().map(name).collect()
}

async fn complete(world: &World, subject: &str, form: &str) {
    let seen_version = world.record(subject, form).await.version;
    let request = save(subject, form, seen_version, &[]);
    let request = contract::edc::v1::SaveFormRequest { complete: Some(true), ..request };
    world.send(request).await.unwrap();
}

async fn verify(world: &World, subject: &str, form: &str) {
    let seen_version = world.record(subject, form).await.version;
    let (event, form) = form.split_once('/').unwrap();
    let request = VerifyItemsRequest {
        study_oid: STUDY.into(),
        subject_key: subject.into(),
        study_event_oid: event.into(),
        form_oid: form.into(),
        items: vec![place("IG.VS/I.WEIGHT")],
        seen_version: Some(seen_version),
        request_id: Some(unique("verify")),
        ..VerifyItemsRequest::default()
    };
    world.edc.verify_items(&monitor(), request).await.unwrap();
}

#[test]
fn a_complete_form_waits_to_be_verified_until_it_is_and_again_when_it_changes() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let values = [value("IG.VS/I.VSDT", "2026-03-02"), value("IG.VS/I.WEIGHT", "70")];
        world.save("S1", VS, 0, &values).await.unwrap();
        assert_eq!(work(&world, &monitor(), Kind::FormToVerify).await, []);
        complete(&world, "S1", VS).await;
        let waiting = work(&world, &monitor(), Kind::FormToVerify).await;
        assert_eq!(names(&waiting), ["S1 SE.SCR/F.VS"]);
        assert_eq!((waiting[0].item_count, waiting[0].changed_item_count), (1, 0));
        assert_eq!(count(&world, &monitor(), Kind::FormToVerify).await, 1);
        verify(&world, "S1", VS).await;
        assert_eq!(work(&world, &monitor(), Kind::FormToVerify).await, []);
        assert_eq!(count(&world, &monitor(), Kind::FormToVerify).await, 0);
        let seen = world.record("S1", VS).await.version;
        world.send(with_reason(seen, "71")).await.unwrap();
        let again = work(&world, &monitor(), Kind::FormToVerify).await;
        assert_eq!((again[0].item_count, again[0].changed_item_count), (1, 1));
        let twice = removal("S1", VS, None, seen + 1, "twice");
        world.edc.remove_record(&coordinator(), twice).await.unwrap();
        assert_eq!(work(&world, &monitor(), Kind::FormToVerify).await, []);
    });
}

#[test]
fn work_comes_page_by_page_in_the_order_of_the_schedule_and_only_of_ones_sites() {
    on_every_store(async |world| {
        for (site, subject) in [(HERE, "S1"), (THERE, "T1")] {
            world.screen_at(site, subject).await.unwrap();
            for form in ["SE.W2/F.VS", "SE.SCR/F.VS", "SE.SCR/F.DM"] {
                let item = if form.ends_with("DM") { "IG.DM/I.SEX" } else { "IG.VS/I.WEIGHT" };
                let text = if form.ends_with("DM") { "F" } else { "70" };
                world.save(subject, form, 0, &[value(item, text)]).await.unwrap();
            }
        }
        let all = ["SE.SCR/F.DM", "SE.SCR/F.VS", "SE.W2/F.VS"];
        let expected: Vec<String> =
            ["S1", "T1"].iter().flat_map(|s| all.map(|form| format!("{s} {form}"))).collect();
        assert_eq!(names(&work(&world, &monitor(), Kind::FormIncomplete).await), expected);
        let there = in_role(Role::Monitor, Some(THERE));
        assert_eq!(names(&work(&world, &there, Kind::FormIncomplete).await), expected[3..]);
        assert_eq!(count(&world, &there, Kind::FormIncomplete).await, 3);
        let one = ListWorkRequest {
            study_oid: STUDY.into(),
            kind: Kind::FormIncomplete.into(),
            form_oid: Some("F.DM".into()),
            site_oid: Some(HERE.into()),
            ..ListWorkRequest::default()
        };
        let page = world.edc.list_work(&monitor(), one).await.unwrap();
        assert_eq!(names(&page.work), ["S1 SE.SCR/F.DM"]);
    });
}

#[test]
fn forms_and_visits_wait_to_be_signed_and_missing_forms_are_told() {
    on_every_store(async |world| {
        weighed(&world).await;
        assert_eq!(
            names(&work(&world, &investigator(), Kind::FormToSign).await),
            ["S1 SE.SCR/F.VS"]
        );
        assert_eq!(names(&work(&world, &monitor(), Kind::FormMissing).await), ["S1 SE.SCR/F.DM"]);
        assert_eq!(work(&world, &investigator(), Kind::VisitToSign).await, []);
        let sex = [value("IG.DM/I.SEX", "M"), value("IG.DM/I.BIRTHYR", "1980")];
        world.save("S1", "SE.SCR/F.DM", 0, &sex).await.unwrap();
        complete(&world, "S1", "SE.SCR/F.DM").await;
        assert_eq!(work(&world, &monitor(), Kind::FormMissing).await, []);
        let visits = work(&world, &investigator(), Kind::VisitToSign).await;
        assert_eq!(names(&visits), ["S1 SE.SCR/"]);
        sign(&world, &investigator(), 1, "approval").await.unwrap();
        assert_eq!(
            names(&work(&world, &investigator(), Kind::FormToSign).await),
            ["S1 SE.SCR/F.DM"]
        );
    });
}

#[test]
fn visits_are_due_and_then_overdue_while_nothing_is_known_of_them() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let dated = [value("IG.VS/I.VSDT", "2026-03-02")];
        world.save("S1", VS, 0, &dated).await.unwrap();
        assert_eq!(work(&world, &monitor(), Kind::VisitDue).await, []);
        world.clock.advance(jiff::SignedDuration::from_hours(24 * 14));
        let due = work(&world, &monitor(), Kind::VisitDue).await;
        assert_eq!(names(&due), ["S1 SE.W2/"]);
        assert_eq!(due[0].target_date.as_deref(), Some("2026-03-16"));
        assert_eq!(due[0].window_end_date.as_deref(), Some("2026-03-19"));
        world.clock.advance(jiff::SignedDuration::from_hours(24 * 4));
        assert_eq!(names(&work(&world, &monitor(), Kind::VisitOverdue).await), ["S1 SE.W2/"]);
        assert_eq!(count(&world, &monitor(), Kind::VisitOverdue).await, 1);
        world.save("S1", "SE.W2/F.VS", 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        assert_eq!(work(&world, &monitor(), Kind::VisitOverdue).await, []);
    });
}

#[test]
fn no_count_and_no_list_tells_a_blinded_caller_of_what_is_blinded() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let lost = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
        world.save("S1", "SE.W2/F.IP", 0, &lost).await.unwrap();
        let request = || GetWorkloadRequest { study_oid: STUDY.into(), site_oid: None };
        let pharmacist = in_role(Role::Pharmacist, None);
        let open = world.edc.get_workload(&pharmacist, request()).await.unwrap();
        assert_eq!(open.open_query_count, 1, "the check of the kit has asked");
        let blinded = world.edc.get_workload(&monitor(), request()).await.unwrap();
        assert_eq!((blinded.open_query_count, blinded.answered_query_count), (0, 0));
        let matrix = || GetMatrixRequest { study_oid: STUDY.into(), ..GetMatrixRequest::default() };
        let cells = async |context: &Context| {
            let answer = world.edc.get_matrix(context, matrix()).await.unwrap();
            let rows = answer.matrix.unwrap().rows;
            rows[0].cells.iter().map(|cell| cell.open_query_count).sum::<i32>()
        };
        assert_eq!(cells(&pharmacist).await, 1);
        assert_eq!(cells(&monitor()).await, 0);
        let waiting = work(&world, &monitor(), Kind::FormIncomplete).await;
        assert_eq!(waiting[0].open_query_count, 0);
    });
}

#[test]
fn all_forms_of_a_visit_or_casebook_are_frozen_and_locked_at_once() {
    on_every_store(async |world| {
        weighed(&world).await;
        world.save("S1", "SE.SCR/F.DM", 0, &[value("IG.DM/I.SEX", "F")]).await.unwrap();
        let high = [value("IG.VS/I.WEIGHT", "260")];
        world.save("S1", "SE.W2/F.VS", 0, &high).await.unwrap();
        let freeze = FreezeRecordsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            study_event_oid: Some("SE.SCR".into()),
            request_id: Some(unique("freeze")),
            ..FreezeRecordsRequest::default()
        };
        let frozen = world.edc.freeze_records(&monitor(), freeze.clone()).await.unwrap();
        assert_eq!(frozen.results.iter().filter(|one| one.is_changed).count(), 2);
        let refused = world.save("S1", "SE.SCR/F.DM", 1, &[value("IG.DM/I.SEX", "M")]).await;
        assert_eq!(refused.unwrap_err().reason(), "FORM_FROZEN");
        let undo =
            FreezeRecordsRequest { undo: Some(true), request_id: Some(unique("f")), ..freeze };
        let why = world.edc.freeze_records(&monitor(), undo.clone()).await.unwrap_err();
        assert_eq!(why.reason(), "REASON_MISSING");
        let undo = FreezeRecordsRequest { reason: Some("too early".into()), ..undo };
        world.edc.freeze_records(&monitor(), undo).await.unwrap();

        let lock = LockRecordsRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            request_id: Some(unique("lock")),
            ..LockRecordsRequest::default()
        };
        let locked = world.edc.lock_records(&data_manager(), lock).await.unwrap();
        let by_form: Vec<_> = locked
            .results
            .iter()
            .map(|one| (one.record.as_ref().unwrap().form_oid.as_str(), one.is_changed))
            .collect();
        assert_eq!(by_form, [("F.DM", true), ("F.VS", true), ("F.VS", false)]);
        assert_eq!(locked.results[2].reason.as_deref(), Some("QUERIES_OPEN"));
        assert_eq!(
            names(&work(&world, &data_manager(), Kind::FormUnlocked).await),
            ["S1 SE.W2/F.VS"]
        );
    });
}
