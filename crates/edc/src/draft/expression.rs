//! Checks an expression while it is typed, and runs example cases with it.

use std::collections::BTreeMap;

use contract::{
    Context, Error,
    build::v1::{
        CheckExpressionRequest, CheckExpressionResponse, ExampleResult, ExpressionFault,
        check_expression_request::Purpose,
    },
    edc::v1::check,
};
use kernel::{FormOid, ItemGroupOid, StudyOid, study::Example};
use rules::{Catalogue, Expect, Rule, RuleFault, Scope, check_examples, compile};

use crate::{
    Edc,
    compiled::scope_of_schedule,
    failure::Result,
    wire::{self, value},
};

/// The longest expression that is looked at, in characters.
const MAX_CHARS: usize = 10_000;
/// Examples of one check, at most.
pub(super) const MAX_EXAMPLES: usize = 100;

/// Says what is wrong with an expression as it would stand in the draft, and what its examples give. Without a
/// form it stands at an event, or at a form within one.
pub(crate) async fn check_expression(
    edc: &Edc,
    context: &Context,
    request: &CheckExpressionRequest,
) -> Result<CheckExpressionResponse> {
    let study: StudyOid = request.study_oid.as_str().into();
    super::shelf::permit_design(&context.caller, &study)?;
    if request.expression.chars().count() > MAX_CHARS {
        let said = format!("an expression has at most {MAX_CHARS} characters");
        return Err(Error::invalid("expression", said).into());
    }
    if request.examples.len() > MAX_EXAMPLES {
        return Err(Error::invalid("examples", format!("at most {MAX_EXAMPLES}")).into());
    }
    let state = edc.drafts.get(&study).await?;
    let design = &state.draft(&study)?.checked()?.design;
    let form: FormOid = request.form_oid.as_str().into();
    let group = wire::subject::given(request.item_group_oid.as_ref()).map(ItemGroupOid::from);
    let repeats = |group: &ItemGroupOid| {
        design.group(group).is_some_and(kernel::study::ItemGroupDef::repeats)
    };
    let group = group.filter(repeats);
    let catalogue = Catalogue::of(design);
    let scope = if request.form_oid.is_empty() {
        scope_of_schedule(&catalogue)
    } else {
        Scope::of_form(design, &catalogue, &form, group.as_ref())
    };
    let expect = match request.purpose() {
        Purpose::Derivation => Expect::Any,
        Purpose::Unspecified | Purpose::Check | Purpose::Condition => Expect::Bool,
    };
    Ok(match compile(&request.expression, &scope, expect) {
        Ok(rule) => CheckExpressionResponse {
            faults: Vec::new(),
            result_type: Some(rule.result().to_string()),
            reads: reads(&rule),
            examples: results(&rule, &request.examples, &scope),
        },
        Err(faults) => CheckExpressionResponse {
            faults: faults.iter().map(fault).collect(),
            ..CheckExpressionResponse::default()
        },
    })
}

fn reads(rule: &Rule) -> Vec<String> {
    let elsewhere = rule.reads().iter().map(ToString::to_string);
    rule.names().iter().cloned().chain(elsewhere).collect()
}

fn fault(fault: &RuleFault) -> ExpressionFault {
    ExpressionFault {
        line: value::number(fault.line),
        column: value::number(fault.column),
        message: both(&fault.message_en, &fault.message_zh),
    }
}

fn results(rule: &Rule, examples: &[check::Example], scope: &Scope) -> Vec<ExampleResult> {
    let examples: Vec<Example> = examples
        .iter()
        .map(|one| Example { given: one.given.clone(), expect: one.expect.clone() })
        .collect();
    let mut results: Vec<ExampleResult> = examples
        .iter()
        .map(|one| ExampleResult {
            passed: true,
            actual: one.expect.clone(),
            message: BTreeMap::new(),
        })
        .collect();
    for fault in check_examples(rule, &examples, scope) {
        if let Some(result) = results.get_mut(fault.number - 1) {
            *result = ExampleResult {
                passed: false,
                actual: fault.actual,
                message: both(&fault.message_en, &fault.message_zh),
            };
        }
    }
    results
}

fn both(en: &str, zh: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("en".to_owned(), en.to_owned()), ("zh".to_owned(), zh.to_owned())])
}
