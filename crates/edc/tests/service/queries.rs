//! Queries are opened by checks and persons, answered, and closed.

use contract::{
    Code, Context, Error,
    edc::v1::{
        AnswerQueriesRequest, AnswerQueryRequest, CancelQueryRequest, CloseQueryRequest,
        ListQueriesRequest, OpenQueryRequest, Query, QueryResult, ReopenQueryRequest,
        SettleQueriesRequest,
        list_queries_request::{Order, Origin},
        query::Status,
        settle_queries_request::Step,
    },
};

use crate::world::{
    HERE, STUDY, THERE, World, coordinator, data_manager, entry, in_role, monitor, on_every_store,
    place, save, unique, value,
};

const VS: &str = "SE.SCR/F.VS";

pub async fn answer(world: &World, id: &str, text: &str) -> Result<Query, Error> {
    let request = AnswerQueryRequest {
        study_oid: STUDY.into(),
        query_id: id.into(),
        text: text.into(),
        request_id: Some(unique("answer")),
    };
    Ok(world.edc.answer_query(&coordinator(), request).await?.query.unwrap())
}

pub async fn close(world: &World, id: &str, text: Option<&str>) -> Result<Query, Error> {
    let request = CloseQueryRequest {
        study_oid: STUDY.into(),
        query_id: id.into(),
        text: text.map(ToOwned::to_owned),
        request_id: Some(unique("close")),
    };
    Ok(world.edc.close_query(&monitor(), request).await?.query.unwrap())
}

pub fn question(subject: &str, item: Option<&str>, text: &str) -> OpenQueryRequest {
    OpenQueryRequest {
        study_oid: STUDY.into(),
        record: Some(contract::edc::v1::FormRecordPlace {
            subject_key: subject.into(),
            study_event_oid: "SE.SCR".into(),
            study_event_repeat_key: "1".into(),
            form_oid: "F.VS".into(),
            form_repeat_key: "1".into(),
        }),
        item: item.map(place),
        text: text.into(),
        request_id: Some(unique("question")),
    }
}

pub async fn ask(
    world: &World,
    context: &Context,
    request: OpenQueryRequest,
) -> Result<Query, Error> {
    Ok(world.edc.open_query(context, request).await?.query.unwrap())
}

#[test]
fn a_check_that_fails_opens_a_query_and_a_corrected_value_closes_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let row = [value("IG.BP[2]/I.SYSBP", "80"), value("IG.BP[2]/I.DIABP", "120")];
        let saved = world.save("S1", VS, 0, &row).await.unwrap();
        let [opened] = &saved.opened_queries[..] else { panic!("one query opens") };
        assert_eq!(opened.query_id, "S1.Q1");
        assert_eq!(opened.check_oid.as_deref(), Some("CK.BP"));
        assert_eq!(opened.item, Some(place("IG.BP[2]/I.SYSBP")));
        assert_eq!(opened.messages[0].text["zh-CN"], "CK.BP 不成立");
        assert_eq!(saved.findings.len(), 1);
        let record = world.record("S1", VS).await;
        assert_eq!(record.queries, saved.opened_queries);
        assert_eq!(record.findings, saved.findings);
        let fixed = [value("IG.BP[2]/I.SYSBP", "130")];
        let saved = world.save("S1", VS, 1, &fixed).await.unwrap();
        assert_eq!(saved.closed_queries[0].query_id, "S1.Q1");
        assert_eq!(saved.closed_queries[0].status, i32::from(Status::Closed));
        assert_eq!(saved.findings, []);
        assert_eq!(world.record("S1", VS).await.queries, []);
    });
}

#[test]
fn a_soft_limit_asks_about_the_value_and_takes_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let saved = world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        assert_eq!(saved.version, 1);
        let check = saved.opened_queries[0].check_oid.as_deref();
        assert_eq!(check, Some("RangeCheck.I.WEIGHT.2"));
    });
}

#[test]
fn a_mandatory_item_that_is_blank_in_a_complete_form_is_asked_for() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let man = [value("IG.DM/I.SEX", "M")];
        let done = save("S1", "SE.SCR/F.DM", 0, &man);
        let done = contract::edc::v1::SaveFormRequest { complete: Some(true), ..done };
        let saved = world.send(done).await.unwrap();
        let checks: Vec<&str> =
            saved.opened_queries.iter().filter_map(|query| query.check_oid.as_deref()).collect();
        assert_eq!(checks, ["Mandatory.I.BIRTHYR"], "nobody asks a man about a pregnancy");
    });
}

#[test]
fn a_check_sees_other_visits_and_runs_again_when_they_change() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        let later = [value("IG.VS/I.WEIGHT", "85")];
        let saved = world.save("S1", "SE.W2/F.VS", 0, &later).await.unwrap();
        assert_eq!(saved.opened_queries[0].check_oid.as_deref(), Some("CK.FAR"));
        let saved = world.save("S1", VS, 1, &[value("IG.VS/I.WEIGHT", "80")]).await.unwrap();
        let closed = &saved.closed_queries[0];
        assert_eq!(closed.record.as_ref().unwrap().study_event_oid, "SE.W2");
        assert_eq!(world.queries(&monitor()).await[0].status, i32::from(Status::Closed));
    });
}

#[test]
fn what_a_person_has_settled_is_not_asked_again_for_the_same_values() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let odd = [value("IG.BP/I.SYSBP", "80"), value("IG.BP/I.DIABP", "120")];
        world.save("S1", VS, 0, &odd).await.unwrap();
        let answered = answer(&world, "S1.Q1", "measured twice").await.unwrap();
        assert_eq!(answered.status, i32::from(Status::Answered));
        assert_eq!(answered.messages[1].text[""], "measured twice");
        let closed = close(&world, "S1.Q1", None).await.unwrap();
        assert_eq!(closed.status, i32::from(Status::Closed));
        assert_eq!(closed.messages[2].role, "monitor");
        // Another item of the form changes: the check runs and still fails.
        let saved = world.save("S1", VS, 1, &[value("IG.BP[2]/I.SYSBP", "120")]).await.unwrap();
        assert_eq!(saved.opened_queries, []);
        let other = world.save("S1", VS, 2, &[value("IG.BP/I.SYSBP", "81")]).await.unwrap();
        assert_eq!(other.opened_queries[0].query_id, "S1.Q2", "this value is a new one");
    });
}

#[test]
fn a_check_that_closed_a_query_asks_again_when_the_value_comes_back() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let odd = [value("IG.BP/I.SYSBP", "80"), value("IG.BP/I.DIABP", "120")];
        world.save("S1", VS, 0, &odd).await.unwrap();
        world.save("S1", VS, 1, &[value("IG.BP/I.SYSBP", "130")]).await.unwrap();
        let saved = world.save("S1", VS, 2, &[value("IG.BP/I.SYSBP", "80")]).await.unwrap();
        assert_eq!(saved.opened_queries[0].query_id, "S1.Q2");
    });
}

#[test]
fn a_person_asks_about_an_item_and_the_same_request_asks_once() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let nothing = ask(&world, &monitor(), question("S1", None, "where is it?")).await;
        assert_eq!(nothing.unwrap_err().reason(), "RECORD_UNKNOWN");
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        let request = question("S1", Some("IG.VS/I.WEIGHT"), "please check");
        let opened = ask(&world, &monitor(), request.clone()).await.unwrap();
        assert_eq!((opened.query_id.as_str(), opened.check_oid.clone()), ("S1.Q1", None));
        assert_eq!(opened.messages[0].text[""], "please check");
        ask(&world, &monitor(), question("S1", None, "another one")).await.unwrap();
        let again = ask(&world, &monitor(), request).await.unwrap();
        assert_eq!(again.query_id, "S1.Q1", "the answer is that of the first call");
        assert_eq!(world.queries(&monitor()).await.len(), 2);
    });
}

#[test]
fn a_query_goes_only_the_ways_that_its_state_allows() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        ask(&world, &monitor(), question("S1", None, "really?")).await.unwrap();
        let reopen = |text: &str| ReopenQueryRequest {
            study_oid: STUDY.into(),
            query_id: "S1.Q1".into(),
            text: text.into(),
            request_id: Some(unique("reopen")),
        };
        let error = world.edc.reopen_query(&monitor(), reopen("why")).await.unwrap_err();
        assert_eq!((error.reason(), error.metadata()["status"].as_str()), ("QUERY_STATE", "OPEN"));
        answer(&world, "S1.Q1", "yes").await.unwrap();
        assert_eq!(answer(&world, "S1.Q1", "yes").await.unwrap_err().reason(), "QUERY_STATE");
        let open = world.edc.reopen_query(&monitor(), reopen("that is no answer")).await.unwrap();
        assert_eq!(open.query.unwrap().status, i32::from(Status::Open));
        let cancel = CancelQueryRequest {
            study_oid: STUDY.into(),
            query_id: "S1.Q1".into(),
            text: "a mistake".into(),
            request_id: None,
        };
        let cancelled = world.edc.cancel_query(&data_manager(), cancel).await.unwrap();
        assert_eq!(cancelled.query.unwrap().status, i32::from(Status::Cancelled));
        assert_eq!(close(&world, "S1.Q1", None).await.unwrap_err().reason(), "QUERY_STATE");
        let unknown = close(&world, "S1.Q9", None).await.unwrap_err();
        assert_eq!((unknown.code(), unknown.reason()), (Code::NotFound, "QUERY_UNKNOWN"));
    });
}

#[test]
fn a_question_or_answer_that_says_nothing_is_refused() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        let error = ask(&world, &monitor(), question("S1", None, " ")).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "text");
        let foreign = question("S1", Some("IG.DM/I.SEX"), "not on this form");
        let error = ask(&world, &monitor(), foreign).await.unwrap_err();
        assert_eq!(error.reason(), "GROUP_NOT_IN_FORM");
        ask(&world, &monitor(), question("S1", None, "really?")).await.unwrap();
        assert_eq!(answer(&world, "S1.Q1", "").await.unwrap_err().violations()[0].field, "text");
    });
}

#[test]
fn queries_are_listed_page_by_page_those_that_wait_first() {
    on_every_store(async |world| {
        for subject in ["S1", "S2", "S3"] {
            world.screen(subject).await;
            world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        }
        world.screen_at(THERE, "T1").await.unwrap();
        world.save("T1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        close(&world, "S2.Q1", Some("fine")).await.unwrap();
        for size in 1..=5 {
            let mut request = ListQueriesRequest {
                study_oid: STUDY.into(),
                page_size: Some(size),
                ..ListQueriesRequest::default()
            };
            let mut ids = Vec::new();
            loop {
                let page = world.edc.list_queries(&monitor(), request.clone()).await.unwrap();
                assert!(page.queries.len() <= usize::try_from(size).unwrap());
                ids.extend(page.queries.into_iter().map(|query| query.query_id));
                match page.next_page_token {
                    Some(token) => request.page_token = Some(token),
                    None => break,
                }
            }
            assert_eq!(ids, ["S1.Q1", "S3.Q1", "T1.Q1", "S2.Q1"], "in pages of {size}");
        }
    });
}

#[test]
fn queries_are_found_by_site_subject_and_status() {
    on_every_store(async |world| {
        for (site, subject) in [(HERE, "S1"), (HERE, "S2"), (THERE, "T1")] {
            world.screen_at(site, subject).await.unwrap();
            world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        }
        answer(&world, "S2.Q1", "yes").await.unwrap();
        close(&world, "T1.Q1", None).await.unwrap();
        let found = async |context: &Context, request: ListQueriesRequest| {
            let request = ListQueriesRequest { study_oid: STUDY.into(), ..request };
            let page = world.edc.list_queries(context, request).await?;
            Ok::<_, Error>(page.queries.into_iter().map(|q| q.query_id).collect::<Vec<_>>())
        };
        let all = ListQueriesRequest::default;
        let site = ListQueriesRequest { site_oid: Some(HERE.into()), ..all() };
        assert_eq!(found(&monitor(), site.clone()).await.unwrap(), ["S1.Q1", "S2.Q1"]);
        let subject = ListQueriesRequest { subject_key: Some("S2".into()), ..all() };
        assert_eq!(found(&monitor(), subject.clone()).await.unwrap(), ["S2.Q1"]);
        for (status, ids) in
            [(Status::Open, "S1.Q1"), (Status::Answered, "S2.Q1"), (Status::Closed, "T1.Q1")]
        {
            let request = ListQueriesRequest { status: Some(status.into()), ..all() };
            assert_eq!(found(&monitor(), request).await.unwrap(), [ids]);
        }
        let there = in_role(contract::Role::Monitor, Some(THERE));
        assert_eq!(found(&there, all()).await.unwrap(), ["T1.Q1"]);
        assert_eq!(found(&there, site).await.unwrap_err().code(), Code::PermissionDenied);
        assert_eq!(found(&there, subject).await.unwrap_err().code(), Code::NotFound);
    });
}

#[test]
fn a_removed_form_closes_what_its_checks_asked() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        ask(&world, &monitor(), question("S1", None, "really?")).await.unwrap();
        let remove = crate::review::removal("S1", VS, None, 1, "wrong subject");
        world.edc.remove_record(&coordinator(), remove).await.unwrap();
        let pending: Vec<String> =
            world.record("S1", VS).await.queries.into_iter().map(|q| q.query_id).collect();
        assert_eq!(pending, ["S1.Q2"], "a question of a person stays open");
        let cleared = [entry("IG.VS/I.WEIGHT", contract::edc::v1::item_entry::Entry::Clear(true))];
        let error = world.save("S1", VS, 2, &cleared).await.unwrap_err();
        assert_eq!(error.reason(), "RECORD_REMOVED");
    });
}

/// The ids of the queries that fit, read one by one.
async fn ids(world: &World, context: &Context, request: ListQueriesRequest) -> Vec<String> {
    let mut request = ListQueriesRequest { study_oid: STUDY.into(), ..request };
    request.page_size = Some(1);
    let mut all = Vec::new();
    loop {
        let page = world.edc.list_queries(context, request.clone()).await.unwrap();
        all.extend(page.queries.into_iter().map(|query| query.query_id));
        match page.next_page_token {
            Some(token) => request.page_token = Some(token),
            None => return all,
        }
    }
}

#[test]
fn queries_are_listed_by_age_and_by_who_asked_about_what() {
    on_every_store(async |world| {
        for (site, subject) in [(HERE, "S2"), (THERE, "T1"), (HERE, "S1")] {
            world.screen_at(site, subject).await.unwrap();
            world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
            ask(&world, &monitor(), question(subject, None, "Why?")).await.unwrap();
            world.clock.advance(jiff::SignedDuration::from_hours(48));
        }
        let high = [value("IG.VS/I.WEIGHT", "260")];
        world.save("S1", VS, 1, &high).await.unwrap();
        let oldest =
            || ListQueriesRequest { order: Some(Order::Oldest.into()), ..Default::default() };
        assert_eq!(ids(&world, &monitor(), oldest()).await, ["S2.Q1", "T1.Q1", "S1.Q1", "S1.Q2"]);
        let there = in_role(contract::Role::Monitor, Some(THERE));
        assert_eq!(ids(&world, &there, oldest()).await, ["T1.Q1"]);
        let old = ListQueriesRequest { older_than_days: Some(3), ..oldest() };
        assert_eq!(ids(&world, &monitor(), old.clone()).await, ["S2.Q1", "T1.Q1"]);
        let by_subject = ListQueriesRequest { order: None, ..old };
        assert_eq!(ids(&world, &monitor(), by_subject).await, ["S2.Q1", "T1.Q1"]);
        let checks = ListQueriesRequest { origin: Some(Origin::Check.into()), ..oldest() };
        assert_eq!(ids(&world, &monitor(), checks).await, ["S1.Q2"]);
        let role = ListQueriesRequest { opened_in_role: Some("monitor".into()), ..oldest() };
        assert_eq!(ids(&world, &monitor(), role).await.len(), 3);
        close(&world, "T1.Q1", None).await.unwrap();
        assert_eq!(ids(&world, &monitor(), oldest()).await, ["S2.Q1", "S1.Q1", "S1.Q2"]);
    });
}

fn outcomes(results: &[QueryResult]) -> Vec<(&str, Option<&str>)> {
    results.iter().map(|one| (one.query_id.as_str(), one.reason.as_deref())).collect()
}

#[test]
fn many_queries_are_answered_and_closed_at_once_and_each_tells_what_became_of_it() {
    on_every_store(async |world| {
        for subject in ["S1", "S2"] {
            world.screen(subject).await;
            world.save(subject, VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
            ask(&world, &monitor(), question(subject, None, "Why?")).await.unwrap();
        }
        let answers = AnswerQueriesRequest {
            study_oid: STUDY.into(),
            query_ids: ["S1.Q1", "S2.Q1", "S9.Q1"].map(Into::into).to_vec(),
            text: "Checked against the chart.".into(),
            request_id: Some(unique("answers")),
        };
        let told = world.edc.answer_queries(&coordinator(), answers.clone()).await.unwrap();
        let unknown = Some("SUBJECT_UNKNOWN");
        let expected = [("S1.Q1", None), ("S2.Q1", None), ("S9.Q1", unknown)];
        assert_eq!(outcomes(&told.results), expected);
        let again = world.edc.answer_queries(&coordinator(), answers).await.unwrap();
        assert_eq!(outcomes(&again.results), expected, "the same call does nothing twice");
        assert_eq!(again.results[0].query.as_ref().unwrap().messages.len(), 2);

        let settle = |step: Step, text: Option<&str>| SettleQueriesRequest {
            study_oid: STUDY.into(),
            query_ids: vec!["S1.Q1".into(), "S2.Q1".into()],
            step: step.into(),
            text: text.map(ToOwned::to_owned),
            request_id: Some(unique("settle")),
        };
        let closed = world.edc.settle_queries(&monitor(), settle(Step::Close, None)).await.unwrap();
        assert_eq!(outcomes(&closed.results), [("S1.Q1", None), ("S2.Q1", None)]);
        let twice = world.edc.settle_queries(&monitor(), settle(Step::Close, None)).await.unwrap();
        assert_eq!(twice.results[0].reason.as_deref(), Some("QUERY_STATE"));
        let silent = world.edc.settle_queries(&monitor(), settle(Step::Reopen, None)).await;
        assert_eq!(silent.unwrap_err().violations()[0].field, "text");
        let denied = world.edc.settle_queries(&coordinator(), settle(Step::Close, None)).await;
        assert_eq!(denied.unwrap_err().code(), Code::PermissionDenied);
        let elsewhere = in_role(contract::Role::Monitor, Some(THERE));
        let unseen = world.edc.settle_queries(&elsewhere, settle(Step::Close, None)).await.unwrap();
        assert_eq!(outcomes(&unseen.results), [("S1.Q1", unknown), ("S2.Q1", unknown)]);
    });
}
