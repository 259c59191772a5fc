//! Conditions on study events and on forms within them: put into a draft, checked, and in force.

use contract::{
    Caller,
    build::v1::{CheckExpressionRequest, check_expression_request::Purpose, edit::Change},
    edc::v1::{
        FormSummary, GetMatrixRequest, GetStudyRequest, GetSubjectRequest, GetWorkloadRequest,
        SaveFormRequest, StudyEventDef, Visit, visit::Timing, work,
    },
};
use kernel::{
    StudyVersion,
    study::{ConditionDef, Expression, Fault},
};
use testkit::{languages::assert_told_in_both, study};

use crate::world::{
    STUDY, World, coordinator, designer, monitor, on_every_store, save, unique, value,
};

const MAN: &str = r#"first("SE.SCR", "F.DM", "SEX") == "M""#;

fn event(study: &contract::edc::v1::Study, oid: &str) -> StudyEventDef {
    study.study_events.iter().find(|event| event.study_event_oid == oid).unwrap().clone()
}

/// A version in which week 2, or a form of it, is not collected from men.
fn version_with(on_event: bool) -> StudyVersion {
    let mut version = study::version();
    version.conditions.push(ConditionDef {
        oid: "CD.MEN".into(),
        expressions: vec![Expression { context: Expression::CEL.into(), text: MAN.into() }],
        ..ConditionDef::default()
    });
    if on_event {
        version.protocol.event_refs[1].exception = Some("CD.MEN".into());
    } else {
        version.events[1].forms[1].exception = Some("CD.MEN".into());
    }
    version
}

async fn publish(world: &World, on_event: bool) {
    let admin = Caller::system("casebook");
    world.service.publish(&admin, version_with(on_event), None).await.unwrap();
}

async fn visit(world: &World, subject: &str, event: &str) -> Visit {
    let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: subject.into() };
    let found = world.edc.get_subject(&monitor(), request).await.unwrap();
    found.visits.into_iter().find(|visit| visit.study_event_oid == event).unwrap()
}

fn form<'v>(visit: &'v Visit, oid: &str) -> &'v FormSummary {
    visit.forms.iter().find(|form| form.form_oid == oid).unwrap()
}

async fn sex(world: &World, seen: i32, sex: &str) -> i32 {
    let reason = (seen > 0).then(|| "read again".to_owned());
    let values = [value("IG.DM/I.SEX", sex)];
    let request = SaveFormRequest { reason, ..save("S1", "SE.SCR/F.DM", seen, &values) };
    world.send(request).await.unwrap().version
}

/// How much of a kind waits.
async fn waiting(world: &World, kind: work::Kind) -> i32 {
    let request = GetWorkloadRequest { study_oid: STUDY.into(), ..GetWorkloadRequest::default() };
    let load = world.edc.get_workload(&monitor(), request).await.unwrap();
    load.counts.iter().find(|one| one.kind() == kind).unwrap().count
}

#[test]
fn conditions_of_an_event_and_of_its_forms_are_kept_and_published() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let kept = event(&world.draft().await.study.unwrap(), "SE.W2");
        let mut wanted = StudyEventDef { collection_exception: Some(MAN.into()), ..kept };
        let kits = r#"count("F.AE") > 2"#;
        wanted.forms[1].collection_exception = Some(kits.into());
        let edited = world.edit(begun, vec![Change::PutStudyEvent(wanted.clone())]).await.unwrap();
        let draft = world.draft().await;
        assert_eq!(event(&draft.study.unwrap(), "SE.W2"), wanted);
        assert_eq!(draft.faults, []);
        let again = world.edit(edited, vec![Change::PutStudyEvent(wanted.clone())]).await.unwrap();
        assert_eq!(again, edited, "all is so already");

        wanted.forms[1].collection_exception = None;
        let edited = world.edit(again, vec![Change::PutStudyEvent(wanted.clone())]).await.unwrap();
        world.publish_draft(edited, false).await.unwrap();
        let request = GetStudyRequest { study_oid: STUDY.into(), version_hash: None };
        let published = world.edc.get_study(&coordinator(), request).await.unwrap();
        assert_eq!(event(&published, "SE.W2"), wanted);
        let system = Caller::system("casebook");
        let version = world.service.version(&system, &STUDY.into(), None).await.unwrap();
        let mut planned = version.protocol.event_refs.iter();
        let planned = planned.find(|one| one.event.as_str() == "SE.W2").unwrap();
        let mut conditions = version.conditions.iter();
        let condition =
            conditions.find(|one| Some(&one.oid) == planned.exception.as_ref()).unwrap();
        assert_eq!(condition.expressions[0].text, MAN);
    });
}

#[test]
fn a_condition_of_an_event_reads_records_and_names_no_item_by_itself() {
    on_every_store(async |world| {
        let begun = world.begin().await;
        let ask = |expression: &str| CheckExpressionRequest {
            study_oid: STUDY.into(),
            purpose: Purpose::Condition.into(),
            expression: expression.into(),
            ..CheckExpressionRequest::default()
        };
        let right = world.build.check_expression(&designer(), ask(MAN)).await.unwrap();
        assert_eq!(right.faults, []);
        assert_eq!(right.reads, [r#"first("SE.SCR", "F.DM", "SEX")"#]);
        let wrong = r#"SEX == "M""#;
        let found = world.build.check_expression(&designer(), ask(wrong)).await.unwrap();
        assert_eq!((found.faults[0].line, found.faults[0].column), (1, 1));

        let kept = event(&world.draft().await.study.unwrap(), "SE.W2");
        let put = StudyEventDef { collection_exception: Some(wrong.into()), ..kept };
        let edited = world.edit(begun, vec![Change::PutStudyEvent(put)]).await.unwrap();
        let draft = world.draft().await;
        let [fault] = &draft.faults[..] else { panic!("{:?}", draft.faults) };
        assert_eq!((&*fault.kind, &*fault.oid), ("StudyEventDef", "SE.W2"));
        let said = "condition CD.MAN, expression: line 1, column 1: ";
        assert!(
            fault.message.starts_with(said),
            "the condition of an item says the same: {fault:?}"
        );
        let said = "条件 CD.MAN，表达式：第 1 行第 1 列：";
        assert!(fault.text["zh"].starts_with(said), "{fault:?}");
        let refused = world.publish_draft(edited, false).await.unwrap_err();
        assert_eq!(refused.reason(), "DRAFT_FAULTY");
    });
}

#[test]
fn a_form_that_is_not_collected_cannot_be_begun() {
    on_every_store(async |world| {
        publish(&world, false).await;
        world.screen("S1").await;
        let kit = [value("IG.IP/I.KIT", "K1")];
        let first = sex(&world, 0, "M").await;
        let shown = visit(&world, "S1", "SE.W2").await;
        assert!(form(&shown, "F.IP").not_collected && !form(&shown, "F.VS").not_collected);
        let refused = world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap_err();
        assert_eq!(refused.reason(), "FORM_NOT_COLLECTED");
        assert_eq!(refused.metadata()["form"], "F.IP");

        let second = sex(&world, first, "F").await;
        assert!(!form(&visit(&world, "S1", "SE.W2").await, "F.IP").not_collected);
        world.save("S1", "SE.W2/F.IP", 0, &kit).await.unwrap();
        sex(&world, second, "M").await;
        assert!(form(&visit(&world, "S1", "SE.W2").await, "F.IP").not_collected);
        let other = [value("IG.IP/I.KIT", "K2")];
        let request = SaveFormRequest {
            reason: Some("misread".into()),
            request_id: Some(unique("request")),
            ..save("S1", "SE.W2/F.IP", 1, &other)
        };
        assert_eq!(world.send(request).await.unwrap().version, 2, "what is there stays");
        world.verifies().await;
    });
}

#[test]
fn nobody_waits_for_an_event_that_is_not_collected() {
    on_every_store(async |world| {
        publish(&world, true).await;
        world.screen("S1").await;
        let seen = [value("IG.VS/I.VSDT", "2026-03-02")];
        world.save("S1", "SE.SCR/F.VS", 0, &seen).await.unwrap();
        world.clock.set("2026-06-01T00:00:00Z");
        let timing = async || {
            let shown = visit(&world, "S1", "SE.W2").await;
            let request =
                GetMatrixRequest { study_oid: STUDY.into(), ..GetMatrixRequest::default() };
            let matrix = world.edc.get_matrix(&monitor(), request).await.unwrap().matrix.unwrap();
            assert_eq!(matrix.rows[0].cells[1].timing, shown.timing, "both doors say the same");
            (shown.not_collected, Timing::try_from(shown.timing).unwrap())
        };
        let overdue = async || waiting(&world, work::Kind::VisitOverdue).await;
        assert_eq!((timing().await, overdue().await), ((false, Timing::Overdue), 1));
        let first = sex(&world, 0, "M").await;
        assert_eq!((timing().await, overdue().await), ((true, Timing::NotPlanned), 0));
        let refused = world.save("S1", "SE.W2/F.VS", 0, &seen).await.unwrap_err();
        assert_eq!(refused.reason(), "FORM_NOT_COLLECTED");
        world.verifies().await;
        sex(&world, first, "F").await;
        assert_eq!((timing().await, overdue().await), ((false, Timing::Overdue), 1));
        world.verifies().await;
    });
}

#[test]
fn forms_of_an_event_that_is_not_collected_any_more_are_not_missing() {
    on_every_store(async |world| {
        publish(&world, true).await;
        world.screen("S1").await;
        let first = sex(&world, 0, "F").await;
        world.save("S1", "SE.W2/F.IP", 0, &[value("IG.IP/I.KIT", "K1")]).await.unwrap();
        let missing = async || waiting(&world, work::Kind::FormMissing).await;
        assert_eq!(missing().await, 2, "vital signs at screening and in week 2");
        sex(&world, first, "M").await;
        assert_eq!(missing().await, 1);
        world.verifies().await;
    });
}

#[test]
fn every_fault_of_an_expression_is_told_in_both_languages() {
    on_every_store(async |world| {
        let cel = |text: &str| Expression { context: Expression::CEL.into(), text: text.into() };
        let mut version = version_with(true);
        version.conditions.last_mut().unwrap().expressions[0].text = "NOTHING1".into();
        version.events[1].forms[1].exception = Some("CD.MEN".into());
        version.methods[0].expressions = vec![cel("HEIGHTT * 2")];
        version.checks[0].expression = cel("SYSBP >");
        version.checks[1].expression =
            cel(r#"missing(range_low("GLUC", "mmol/L", "F", WEIGHT, VSDT))"#);
        version.checks[2].examples = vec![kernel::study::Example {
            given: [("NOITEM".to_owned(), "1".to_owned())].into(),
            expect: "true".into(),
        }];
        version.protocol.criteria[0].expression = Some(cel("BIRTHYR9 > 1"));
        version.study_day_1 = Some(cel("7"));
        let refused = world.service.publish(&Caller::system("casebook"), version, None).await;
        let edc::PublishFailure::Faults(faults) = refused.unwrap_err() else { panic!("other") };
        for Fault { message, .. } in &faults {
            assert_told_in_both(&message.en, &message.zh);
        }
        let said: Vec<String> =
            faults.iter().map(|one| format!("{} {}: {}", one.kind, one.oid, one.message)).collect();
        for start in [
            "MethodDef MT.BMI: expression: line 1, column 1: ",
            "EditCheck CK.BP: expression: line 1, column ",
            "EditCheck CK.BOTH: expression: reference ranges can be read by derivations only",
            "EditCheck CK.FAR: example 1: the rule has no NOITEM",
            "StudyEventDef SE.W2: condition CD.MEN, expression: line 1, column 1: ",
            "StudyEventDef SE.W2: condition CD.MEN of form F.IP, expression: line 1, column 1: ",
            "Criterion IN.1: expression: line 1, column 1: ",
            "Study ST.VIGOR: study day 1: line 1, column 1: ",
        ] {
            assert!(said.iter().any(|one| one.starts_with(start)), "{start}: {said:#?}");
        }
    });
}
