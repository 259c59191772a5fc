//! Where each criterion stands is said before anybody tries to enrol.

use std::collections::BTreeMap;

use contract::{
    Code, Error, Role,
    edc::v1::{
        CheckEligibilityRequest, CheckEligibilityResponse, CriterionVerdict, EnrolSubjectRequest,
        GetSubjectRequest,
        criterion_verdict::{Cause, Verdict},
        subject::Status,
    },
};

use crate::world::{
    STUDY, THERE, World, coordinator, in_role, investigator, on_every_store, value, words,
};

const DM: &str = "SE.SCR/F.DM";

async fn asked(
    world: &World,
    attested: &[(&str, bool)],
) -> Result<CheckEligibilityResponse, Error> {
    let request = CheckEligibilityRequest {
        study_oid: STUDY.into(),
        subject_key: "S1".into(),
        attested_criteria: attested.iter().map(|(oid, said)| ((*oid).into(), *said)).collect(),
    };
    world.edc.check_eligibility(&coordinator(), request).await
}

fn standing(verdict: &CriterionVerdict) -> (&str, Verdict, Cause, bool) {
    let known = Verdict::try_from(verdict.verdict).unwrap();
    let cause = Cause::try_from(verdict.cause).unwrap();
    (&verdict.criterion_oid, known, cause, verdict.stands_against)
}

#[test]
fn a_criterion_without_its_value_says_where_the_value_belongs() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let found = asked(&world, &[]).await.unwrap();
        let each: Vec<_> = found.criteria.iter().map(standing).collect();
        let missing = ("IN.1", Verdict::NotEvaluated, Cause::ValueMissing, false);
        let unsaid = ("EX.1", Verdict::NotEvaluated, Cause::NotAttested, false);
        assert_eq!(each, [missing, unsaid]);
        assert!(!found.eligible && found.consented);
        let [born] = &found.criteria[0].values[..] else { panic!("{found:?}") };
        let record = born.record.as_ref().unwrap();
        assert_eq!((&*record.study_event_oid, &*record.form_oid), ("SE.SCR", "F.DM"));
        assert_eq!(born.item.as_ref().unwrap().item_oid, "I.BIRTHYR");
        assert_eq!((&*born.reads, &born.value), (r#"first("SE.SCR", "F.DM", "BIRTHYR")"#, &None));
    });
}

#[test]
fn a_computed_criterion_shows_the_value_that_it_rests_on() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", DM, 0, &[value("IG.DM/I.BIRTHYR", "2004")]).await.unwrap();
        let found = asked(&world, &[]).await.unwrap();
        let against = ("IN.1", Verdict::NotMet, Cause::Unspecified, true);
        assert_eq!(standing(&found.criteria[0]), against);
        assert_eq!(words(found.criteria[0].values[0].value.as_ref()).as_deref(), Some("2004"));
        world.save("S1", DM, 1, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        let found = asked(&world, &[]).await.unwrap();
        let met = ("IN.1", Verdict::Met, Cause::Unspecified, false);
        assert_eq!(standing(&found.criteria[0]), met);
    });
}

#[test]
fn an_exclusion_criterion_that_is_met_stands_against_the_enrolment() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let found = asked(&world, &[("EX.1", true)]).await.unwrap();
        let against = ("EX.1", Verdict::Met, Cause::Unspecified, true);
        assert_eq!(standing(&found.criteria[1]), against);
    });
}

#[test]
fn the_verdict_agrees_with_the_enrolment_that_follows_and_records_nothing() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", DM, 0, &[value("IG.DM/I.BIRTHYR", "1980")]).await.unwrap();
        for (said, eligible) in [(true, false), (false, true)] {
            assert_eq!(asked(&world, &[("EX.1", said)]).await.unwrap().eligible, eligible);
            let enrolment = EnrolSubjectRequest {
                study_oid: STUDY.into(),
                subject_key: "S1".into(),
                enrolment_date: "2026-03-02".into(),
                attested_criteria: BTreeMap::from([("EX.1".to_owned(), said)]),
                ..EnrolSubjectRequest::default()
            };
            let request = GetSubjectRequest { study_oid: STUDY.into(), subject_key: "S1".into() };
            let before = world.edc.get_subject(&coordinator(), request).await.unwrap();
            assert_eq!(before.subject.unwrap().status, i32::from(Status::Screening));
            let enrolled = world.edc.enrol_subject(&investigator(), enrolment).await;
            assert_eq!(enrolled.is_ok(), eligible);
        }
    });
}

#[test]
fn eligibility_at_another_site_is_not_told() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let request = CheckEligibilityRequest {
            study_oid: STUDY.into(),
            subject_key: "S1".into(),
            ..CheckEligibilityRequest::default()
        };
        let elsewhere = in_role(Role::Coordinator, Some(THERE));
        let error = world.edc.check_eligibility(&elsewhere, request).await.unwrap_err();
        assert_eq!((error.code(), error.reason()), (Code::NotFound, "SUBJECT_UNKNOWN"));
    });
}
