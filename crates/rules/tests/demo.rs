//! The rules of the demonstration trial: all compile, and all give what their example cases say.

use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
    sync::{Arc, LazyLock},
};

use formats::{merge, odm, rules_toml, usdm};
use kernel::{
    ItemGroupOid,
    study::{Design, EditCheck, Expression},
};
use rules::{Catalogue, Expect, Rule, Scope, Type, check_examples, compile};

static DEMO: LazyLock<(Design, Arc<Catalogue>)> = LazyLock::new(|| {
    let in_order = "the files of the demonstration are in order";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let open = |name: &str| BufReader::new(File::open(folder.join(name)).expect(in_order));
    let crf = odm::read_metadata(open("crf.odm.xml"), "crf.odm.xml").expect(in_order);
    let path = "data/usdm/CDISC_Pilot_Study.json";
    let protocol = usdm::read(open(path), path).expect(in_order);
    let [Some(crf), Some(protocol)] =
        [crf, protocol].map(|read| read.versions.into_iter().next().map(|draft| draft.version))
    else {
        panic!("{in_order}")
    };
    let merged = merge(usdm::protocol_only(protocol), crf).expect(in_order);
    let text = fs::read_to_string(folder.join("rules.toml")).expect(in_order);
    let mut version = merged.version;
    let findings = rules_toml::read(&text, "rules.toml").expect(in_order).merge_into(&mut version);
    assert!(findings.is_empty(), "{findings:#?}");
    let design = Design::new(Arc::new(version));
    let catalogue = Catalogue::of(&design);
    (design, catalogue)
});

fn compiled(about: &str, expression: &Expression, scope: &Scope, expect: Expect) -> Rule {
    assert!(expression.is_cel(), "{about}");
    let rule = compile(&expression.text, scope, expect);
    rule.unwrap_or_else(|faults| panic!("{about}: {faults:#?}"))
}

fn scope_of(check: &EditCheck) -> Scope {
    let (design, catalogue) = &*DEMO;
    Scope::of_form(design, catalogue, &check.form, check.group.as_ref())
}

#[test]
fn every_check_gives_what_its_cases_say() {
    let (mut cases, mut faults) = (0, Vec::new());
    for check in &DEMO.0.version().checks {
        let scope = scope_of(check);
        let rule = compiled(check.oid.as_str(), &check.expression, &scope, Expect::Bool);
        cases += check.examples.len();
        let found = check_examples(&rule, &check.examples, &scope);
        faults.extend(found.iter().map(|fault| format!("{}: {fault}", check.oid)));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(cases > 120, "{cases} cases");
}

#[test]
fn a_case_that_says_the_opposite_is_found() {
    let opposite = |expect: &str| if expect == "true" { "false" } else { "true" };
    for check in &DEMO.0.version().checks {
        let scope = scope_of(check);
        let rule = compiled(check.oid.as_str(), &check.expression, &scope, Expect::Bool);
        let mut examples = check.examples.clone();
        for example in &mut examples {
            example.expect = opposite(&example.expect).to_owned();
        }
        let found = check_examples(&rule, &examples, &scope);
        assert_eq!(found.len(), examples.len(), "{}", check.oid);
    }
}

#[test]
fn every_condition_and_derivation_of_the_forms_compiles() {
    let (design, catalogue) = &*DEMO;
    let (mut conditions, mut methods) = (0, 0);
    for form in &design.version().forms {
        let scope =
            |group: Option<&ItemGroupOid>| Scope::of_form(design, catalogue, &form.oid, group);
        let mut condition = |oid: Option<&kernel::ConditionOid>, group: Option<&ItemGroupOid>| {
            let Some(def) = oid.and_then(|oid| design.condition(oid)) else { return };
            compiled(def.oid.as_str(), &def.expressions[0], &scope(group), Expect::Bool);
            conditions += 1;
        };
        for group in &design.shape(&form.oid).unwrap().groups {
            let row = group.repeats.then_some(&group.oid);
            condition(group.exception.as_ref(), None);
            for item in &group.items {
                condition(item.exception.as_ref(), row);
                if let Some(def) = item.method.as_ref().and_then(|oid| design.method(oid)) {
                    let expect = Expect::Value(Type::of(item.data_type));
                    compiled(def.oid.as_str(), &def.expressions[0], &scope(row), expect);
                    methods += 1;
                }
            }
        }
    }
    assert!(conditions > 10 && methods > 10, "{conditions} conditions, {methods} derivations");
}

#[test]
fn every_criterion_and_study_day_1_compile() {
    let (design, catalogue) = &*DEMO;
    let scope = Scope::new().with_catalogue(Arc::clone(catalogue));
    let criteria = design.version().protocol.criteria.iter();
    let computed = criteria.filter_map(|criterion| {
        let expression = criterion.expression.as_ref().filter(|one| one.is_cel())?;
        Some(compiled(criterion.oid.as_str(), expression, &scope, Expect::Bool))
    });
    assert_eq!(computed.count(), 4);
    let day_1 = design.version().study_day_1.as_ref().unwrap();
    let rule = compiled("study day 1", day_1, &scope, Expect::Value(Type::Date));
    assert_eq!(rule.reads().len(), 1);
}
