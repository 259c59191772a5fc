//! What a save would do is said before it, and nothing is recorded.

use contract::{
    Code, Role,
    edc::v1::{
        EvaluateFormRequest, EvaluateFormResponse, ItemEntry, NotCollected, item_change::Cause,
        item_entry::Entry, severity::Level,
    },
};

use crate::world::{World, coordinator, entry, in_role, on_every_store, save, value, words};

const DM: &str = "SE.SCR/F.DM";
const VS: &str = "SE.SCR/F.VS";
const AE: &str = "SE.AE/F.AE";
const IP: &str = "SE.W2/F.IP";

fn request(form: &str, values: &[ItemEntry]) -> EvaluateFormRequest {
    let save = save("S1", form, 0, values);
    EvaluateFormRequest {
        study_oid: save.study_oid,
        subject_key: save.subject_key,
        study_event_oid: save.study_event_oid,
        study_event_repeat_key: save.study_event_repeat_key,
        form_oid: save.form_oid,
        form_repeat_key: save.form_repeat_key,
        values: save.values,
        complete: None,
    }
}

async fn evaluate(world: &World, form: &str, values: &[ItemEntry]) -> EvaluateFormResponse {
    world.edc.evaluate_form(&coordinator(), request(form, values)).await.unwrap()
}

fn pregnancy() -> NotCollected {
    NotCollected {
        item_group_oid: "IG.DM".into(),
        item_group_repeat_key: Some("1".into()),
        item_oid: Some("I.PREGNANT".into()),
    }
}

#[test]
fn what_is_not_collected_is_known_before_a_save_and_after_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        assert_eq!(world.record("S1", DM).await.not_collected, []);
        let man = [value("IG.DM/I.SEX", "M")];
        assert_eq!(evaluate(&world, DM, &man).await.not_collected, [pregnancy()]);
        assert_eq!(world.record("S1", DM).await.version, 0, "nothing is recorded");
        let saved = world.save("S1", DM, 0, &man).await.unwrap();
        assert_eq!(saved.not_collected, [pregnancy()]);
        assert_eq!(world.record("S1", DM).await.not_collected, [pregnancy()]);
        let woman = [value("IG.DM/I.SEX", "F")];
        let evaluated = evaluate(&world, DM, &woman).await;
        assert_eq!((evaluated.version, evaluated.not_collected), (1, Vec::new()));
    });
}

#[test]
fn a_value_that_would_be_cleared_is_told_and_does_not_refuse_the_rest() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let both = [value("IG.DM/I.SEX", "M"), value("IG.DM/I.PREGNANT", "true")];
        let evaluated = evaluate(&world, DM, &both).await;
        assert_eq!(evaluated.not_collected, [pregnancy()]);
        let [cleared] = &evaluated.changes[..] else { panic!("{:?}", evaluated.changes) };
        assert_eq!(cleared.cause, i32::from(Cause::ClearedByCondition));
        assert_eq!(words(cleared.old_value.as_ref()).as_deref(), Some("true"));
    });
}

#[test]
fn a_derived_value_is_told_before_the_save() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "70")]).await.unwrap();
        let evaluated = evaluate(&world, VS, &[value("IG.VS/I.HEIGHT", "175")]).await;
        let [derived] = &evaluated.changes[..] else { panic!("{:?}", evaluated.changes) };
        assert_eq!(derived.place.as_ref().unwrap().item_oid, "I.BMI");
        assert_eq!(words(derived.new_value.as_ref()).as_deref(), Some("22.9"));
        let blank = entry("IG.VS/I.WEIGHT", Entry::Clear(true));
        assert_eq!(evaluate(&world, VS, &[blank]).await.changes, []);
    });
}

#[test]
fn a_check_that_would_refuse_the_save_is_told_as_hard_and_one_that_would_ask_as_soft() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let old = [value("IG.AE/I.AETERM", "头痛"), value("IG.AE/I.AESTDT", "2019")];
        let evaluated = evaluate(&world, AE, &old).await;
        let found: Vec<(&str, i32)> =
            evaluated.findings.iter().map(|one| (one.check_oid.as_str(), one.severity)).collect();
        assert_eq!(found, [("CK.OLD", i32::from(Level::Hard))]);
        let heavy = [value("IG.VS/I.WEIGHT", "300")];
        let evaluated = evaluate(&world, VS, &heavy).await;
        assert_eq!(evaluated.findings.len(), 1);
        assert_eq!(evaluated.findings[0].severity, i32::from(Level::Soft));
        assert_eq!(evaluated.findings[0].place.as_ref().unwrap().item_oid, "I.WEIGHT");
    });
}

#[test]
fn what_was_found_before_stands_until_the_typed_value_mends_it() {
    on_every_store(async |world| {
        world.screen("S1").await;
        world.save("S1", VS, 0, &[value("IG.VS/I.WEIGHT", "300")]).await.unwrap();
        let other = evaluate(&world, VS, &[value("IG.VS/I.HEIGHT", "175")]).await;
        assert_eq!(other.findings.len(), 1, "the other item's finding stands");
        let mended = evaluate(&world, VS, &[value("IG.VS/I.WEIGHT", "70")]).await;
        assert_eq!(mended.findings, []);
    });
}

#[test]
fn a_faulty_value_is_named_and_the_others_are_evaluated() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let values = [value("IG.DM/I.BIRTHYR", "1812"), value("IG.DM/I.SEX", "M")];
        let evaluated = evaluate(&world, DM, &values).await;
        let [fault] = &evaluated.faults[..] else { panic!("{:?}", evaluated.faults) };
        assert_eq!(fault.place.as_ref().unwrap().item_oid, "I.BIRTHYR");
        assert!(!fault.description.is_empty());
        assert_eq!(evaluated.not_collected, [pregnancy()]);
    });
}

#[test]
fn a_mandatory_item_is_missed_when_the_form_is_to_be_complete_but_not_where_it_is_not_collected() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let man = [value("IG.DM/I.SEX", "M")];
        let complete = EvaluateFormRequest { complete: Some(true), ..request(DM, &man) };
        let evaluated = world.edc.evaluate_form(&coordinator(), complete).await.unwrap();
        let missed: Vec<&str> = evaluated.findings.iter().map(|one| &*one.check_oid).collect();
        assert_eq!(missed, ["Mandatory.I.BIRTHYR"]);
    });
}

#[test]
fn an_evaluation_agrees_with_the_save_that_follows() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let values = [value("IG.VS/I.WEIGHT", "300"), value("IG.VS/I.HEIGHT", "175")];
        let evaluated = evaluate(&world, VS, &values).await;
        let saved = world.save("S1", VS, 0, &values).await.unwrap();
        let entered = i32::from(Cause::Entered);
        let derived: Vec<_> = saved.changes.iter().filter(|one| one.cause != entered).collect();
        assert_eq!(evaluated.changes.iter().collect::<Vec<_>>(), derived);
        assert_eq!(evaluated.findings, saved.findings);
        assert_eq!(evaluated.not_collected, saved.not_collected);
    });
}

#[test]
fn who_is_blinded_is_not_told_what_reveals_the_arm() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let lost = [value("IG.IP/I.KIT", "LOST"), value("IG.IP/I.DOSES", "3")];
        assert_eq!(evaluate(&world, IP, &lost).await.findings, []);
        let mut unblinded = coordinator();
        unblinded.caller.grants.extend(in_role(Role::Pharmacist, None).caller.grants);
        let evaluated = world.edc.evaluate_form(&unblinded, request(IP, &lost)).await.unwrap();
        assert_eq!(evaluated.findings[0].check_oid, "CK.KIT");
    });
}

#[test]
fn who_may_not_enter_data_and_what_cannot_be_saved_are_refused() {
    on_every_store(async |world| {
        world.screen("S1").await;
        let man = [value("IG.DM/I.SEX", "M")];
        let statistician = in_role(Role::Statistician, None);
        let error = world.edc.evaluate_form(&statistician, request(DM, &man)).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        let refused = async |request: EvaluateFormRequest| {
            world.edc.evaluate_form(&coordinator(), request).await.unwrap_err().reason().to_owned()
        };
        assert_eq!(refused(request("SE.W2/F.DM", &man)).await, "FORM_NOT_IN_EVENT");
        let derived = request(VS, &[value("IG.VS/I.BMI", "20")]);
        assert_eq!(refused(derived).await, "ITEM_DERIVED");
        let many = vec![man[0].clone(); 2_001];
        let error = world.edc.evaluate_form(&coordinator(), request(DM, &many)).await.unwrap_err();
        assert_eq!(error.violations()[0].field, "values");
    });
}
