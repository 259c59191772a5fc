//! Names that come from a study design.

use std::sync::Arc;

use kernel::{
    DataType, FormOid, ItemGroupOid, StudyVersion,
    study::{
        CodeList, CodeListItem, Design, FormDef, FormRef, GroupRepeat, ItemDef, ItemGroupDef,
        ItemGroupRef, ItemRef, StudyEventDef,
    },
};
use rules::{Catalogue, Expect, Scope, Type, compile};

fn item(name: &str, data_type: DataType) -> ItemDef {
    let oid = format!("IT.{name}").as_str().into();
    ItemDef { oid, name: name.to_owned(), data_type, ..ItemDef::default() }
}

fn group(oid: &str, items: &[&str], repeat: GroupRepeat) -> ItemGroupDef {
    let reference =
        |name: &&str| ItemRef { item: format!("IT.{name}").as_str().into(), ..ItemRef::default() };
    let items = items.iter().map(reference).collect();
    ItemGroupDef { oid: oid.into(), items, repeat, ..ItemGroupDef::default() }
}

fn design() -> Design {
    let group_ref = |oid: &str| ItemGroupRef { group: oid.into(), ..ItemGroupRef::default() };
    let form = FormDef {
        oid: "F.AE".into(),
        groups: vec![group_ref("IG.HEAD"), group_ref("IG.AE")],
        ..FormDef::default()
    };
    let form_ref = FormRef { form: "F.AE".into(), ..FormRef::default() };
    let event =
        StudyEventDef { oid: "SE.AE".into(), forms: vec![form_ref], ..StudyEventDef::default() };
    let code = CodeListItem { coded_value: "Y".into(), ..CodeListItem::default() };
    let list = CodeList { oid: "CL.YN".into(), items: vec![code], ..CodeList::default() };
    Design::new(Arc::new(StudyVersion {
        events: vec![event],
        forms: vec![form],
        item_groups: vec![
            group("IG.HEAD", &["ANYAE"], GroupRepeat::No),
            group("IG.AE", &["AESTDT", "AEDOSE"], GroupRepeat::Simple),
        ],
        items: vec![
            item("ANYAE", DataType::Text),
            item("AESTDT", DataType::PartialDate),
            item("AEDOSE", DataType::Float),
        ],
        code_lists: vec![list],
        ..StudyVersion::default()
    }))
}

#[test]
fn a_rule_of_a_form_sees_its_single_items_and_the_rows_of_the_others() {
    let design = design();
    let catalogue = Catalogue::of(&design);
    let form = FormOid::from("F.AE");
    let record = Scope::of_form(&design, &catalogue, &form, None);
    let accepted = |scope: &Scope, text| compile(text, scope, Expect::Bool).is_ok();
    assert_eq!(record.item("ANYAE"), Some(Type::Text));
    assert!(accepted(&record, "ANYAE == \"Y\" && n(\"AESTDT\") > 0 && sum(\"AEDOSE\") > 1"));
    assert!(!accepted(&record, "AEDOSE > 1"));

    let rows = ItemGroupOid::from("IG.AE");
    let row = Scope::of_form(&design, &catalogue, &form, Some(&rows));
    assert!(accepted(&row, "ANYAE == \"Y\" && AEDOSE > 1.5 && year(AESTDT) > 2000"));
    assert!(accepted(&row, "AEDOSE <= sum(\"AEDOSE\")"));
}

#[test]
fn a_rule_may_name_what_the_study_has_elsewhere() {
    let design = design();
    let catalogue = Catalogue::of(&design);
    let scope = Scope::new().with("X", Type::Text).with_catalogue(catalogue);
    let accepted = |text| compile(text, &scope, Expect::Bool).is_ok();
    assert!(accepted("last(\"SE.AE\", \"F.AE\", \"ANYAE\") == X"));
    assert!(accepted("in_code_list(X, \"CL.YN\") && count(\"F.AE\") > 0"));
    assert!(!accepted("in_code_list(X, \"CL.NY\")"));
    assert!(!accepted("last(\"SE.AE\", \"F.AE\", \"AEDOSE\") == X"));
}
