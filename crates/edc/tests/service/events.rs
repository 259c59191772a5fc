//! Study events in a draft: put with window and forms, moved within the schedule, and at fault.

use contract::{
    Code, Context,
    build::v1::{
        BeginDraftRequest, Draft, GetDraftRequest, Move, Part, UndoEditRequest, edit::Change, part,
    },
    edc::v1::{FormRef, StudyEventDef, VisitWindow, study_event_def::Type},
};

use crate::world::{STUDY, World, coordinator, designer, on_every_store};

fn oids(draft: &Draft) -> Vec<&str> {
    let events = &draft.study.as_ref().unwrap().study_events;
    events.iter().map(|event| event.study_event_oid.as_str()).collect()
}

fn event(draft: &Draft, oid: &str) -> StudyEventDef {
    let events = &draft.study.as_ref().unwrap().study_events;
    events.iter().find(|event| event.study_event_oid == oid).unwrap().clone()
}

fn part(oid: &str) -> Part {
    Part { kind: part::Kind::StudyEvent.into(), oid: oid.into() }
}

fn to(oid: &str, position: i32) -> Change {
    Change::Move(Move { part: Some(part(oid)), position })
}

fn week_4() -> StudyEventDef {
    let form = |oid: &str, mandatory| FormRef {
        form_oid: oid.into(),
        mandatory,
        collection_exception: None,
    };
    StudyEventDef {
        study_event_oid: "SE.W4".into(),
        name: "Week 4".into(),
        description: [("en", "Week 4"), ("zh-CN", "第 4 周")]
            .map(|(language, said)| (language.to_owned(), said.to_owned()))
            .into(),
        r#type: Type::Scheduled.into(),
        mandatory: true,
        window: Some(VisitWindow {
            anchor_study_event_oid: "SE.SCR".into(),
            target_day: 28,
            days_before: 3,
            days_after: 4,
        }),
        forms: vec![form("F.VS", true), form("F.IP", false)],
        ..StudyEventDef::default()
    }
}

#[test]
fn a_new_event_has_the_window_and_the_forms_that_were_put_into_it() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let revision = world.edit(begun, vec![Change::PutStudyEvent(week_4())]).await.unwrap();
        let draft = world.draft().await;
        assert_eq!(event(&draft, "SE.W4"), week_4());
        assert_eq!(oids(&draft), ["SE.SCR", "SE.W2", "SE.AE", "SE.W4"], "it comes last");
        assert_eq!(draft.faults, []);
        let without = StudyEventDef { window: None, ..week_4() };
        world.edit(revision, vec![Change::PutStudyEvent(without.clone())]).await.unwrap();
        assert_eq!(event(&world.draft().await, "SE.W4"), without);
    });
}

#[test]
fn an_event_stands_in_the_schedule_where_it_was_moved_until_that_is_taken_back() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let moved = world.edit(begun, vec![to("SE.AE", 0)]).await.unwrap();
        assert_eq!(oids(&world.draft().await), ["SE.AE", "SE.SCR", "SE.W2"]);
        let again = world.edit(moved, vec![to("SE.SCR", 2)]).await.unwrap();
        assert_eq!(oids(&world.draft().await), ["SE.AE", "SE.W2", "SE.SCR"]);
        let same = world.edit(again, vec![to("SE.SCR", 9)]).await.unwrap();
        assert_eq!(same, again, "it is the last already");
        let undo = UndoEditRequest {
            study_oid: STUDY.into(),
            seen_revision: again,
            revision: again,
            request_id: None,
        };
        world.build.undo_edit(&designer(), undo).await.unwrap();
        assert_eq!(oids(&world.draft().await), ["SE.AE", "SE.SCR", "SE.W2"]);
    });
}

#[test]
fn a_window_that_counts_from_no_event_is_a_fault_of_its_event() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        world.edit(begun, vec![Change::Remove(part("SE.SCR"))]).await.unwrap();
        let faults = world.draft().await.faults;
        let found = faults.iter().find(|fault| fault.kind == "StudyEventDef").unwrap();
        assert_eq!(found.oid, "SE.W2");
        let said = "its window counts from StudyEventDef SE.SCR, which is not defined";
        assert_eq!(found.message, said);
    });
}

#[test]
fn an_event_that_names_a_form_twice_is_a_fault() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let mut event = week_4();
        event.forms[1] = event.forms[0].clone();
        world.edit(begun, vec![Change::PutStudyEvent(event)]).await.unwrap();
        let said: Vec<String> = world
            .draft()
            .await
            .faults
            .iter()
            .map(|one| format!("{} {}", one.oid, one.message))
            .collect();
        assert_eq!(said, ["SE.W4 refers to FormDef F.VS twice"]);
    });
}

/// A designer of any study, also of one that is not there yet.
fn designer_of_all() -> Context {
    let mut context = designer();
    context.caller.grants.iter_mut().for_each(|grant| grant.study = None);
    context
}

#[test]
fn a_new_study_begins_with_nothing_and_only_once() {
    on_every_store(async |world: World| {
        let request = BeginDraftRequest {
            study_oid: "NEW-1".into(),
            study_name: Some(" A new study ".into()),
            ..BeginDraftRequest::default()
        };
        world.build.begin_draft(&designer_of_all(), request.clone()).await.unwrap();
        let get = GetDraftRequest { study_oid: "NEW-1".into() };
        let draft = world.build.get_draft(&designer_of_all(), get).await.unwrap();
        assert_eq!((draft.base_version_hash, draft.faults.as_slice()), (None, &[][..]));
        let study = draft.study.unwrap();
        assert_eq!(
            (study.study_name.as_str(), study.protocol_name.as_str()),
            ("A new study", "A new study")
        );
        assert!(study.study_events.is_empty() && study.forms.is_empty());
        let again = world.build.begin_draft(&designer_of_all(), request.clone()).await.unwrap_err();
        assert_eq!(again.reason(), "DRAFT_EXISTS");
        let there = BeginDraftRequest { study_oid: STUDY.into(), ..request.clone() };
        let there = world.build.begin_draft(&designer_of_all(), there).await.unwrap_err();
        assert_eq!(there.reason(), "STUDY_EXISTS");
        let nameless = BeginDraftRequest {
            study_oid: "NEW-2".into(),
            study_name: Some(" ".into()),
            ..BeginDraftRequest::default()
        };
        let nameless = world.build.begin_draft(&designer_of_all(), nameless).await.unwrap_err();
        assert_eq!(nameless.violations()[0].field, "studyName");
        let denied = world.build.begin_draft(&coordinator(), request).await.unwrap_err();
        assert_eq!(denied.code(), Code::PermissionDenied);
    });
}
