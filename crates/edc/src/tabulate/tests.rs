use formats::{DefinitionFile, read_definition};
use kernel::study::Design;
use rules::Catalogue;

use super::Plan;

const ODM: &str = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="f" CreationDateTime="2026-01-01T00:00:00Z"><Study OID="S1"><GlobalVariables><StudyName>One</StudyName><StudyDescription>d</StudyDescription><ProtocolName>P</ProtocolName></GlobalVariables><MetaDataVersion OID="V1" Name="v1">
<StudyEventDef OID="SE.A" Name="A" Repeating="No" Type="Scheduled"><FormRef FormOID="F.DM" Mandatory="Yes"/></StudyEventDef>
<FormDef OID="F.DM" Name="DM" Repeating="No"><ItemGroupRef ItemGroupOID="IG.DM" Mandatory="Yes"/></FormDef>
<ItemGroupDef OID="IG.DM" Name="DM" Repeating="No"><ItemRef ItemOID="I.AGE" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I.AGE" Name="AGE" DataType="integer" Length="3"/>
</MetaDataVersion></Study></ODM>"#;

/// The order of variables, or what is wrong with a mapping.
fn compiled(variables: &str) -> Result<Vec<String>, Vec<String>> {
    let mapping = format!(
        "tabulation = 'SDTM'\nsubjects = 'DM'\n[[dataset]]\nname = 'DM'\nlabel = 'D'\nform = \
         'F.DM'\nvariables = [\n{variables}\n]\n"
    );
    let files = [
        DefinitionFile { name: "a.xml", content: ODM.as_bytes() },
        DefinitionFile { name: "sdtm.toml", content: mapping.as_bytes() },
    ];
    let design = Design::new(read_definition(&files, None).unwrap().version.into());
    match Plan::compile(&design, &Catalogue::of(&design)) {
        Ok(plan) => {
            let plan = plan.unwrap();
            Ok(plan.order.iter().map(|at| plan.oid(*at)).collect())
        }
        Err(faults) => {
            Err(faults.iter().map(|one| format!("{}: {}", one.oid, one.message)).collect())
        }
    }
}

#[test]
fn every_variable_that_does_not_fit_the_study_is_named_at_once() {
    let faults = compiled(
        "{ name = 'A', item = 'WEIGHT' },
         { name = 'B', expression = 'AGE + 1' },
         { name = 'C', expression = 'HEIGHT > 1' },
         { name = 'D', type = 'integer', study_day = 'A' },
         { name = 'E', other = { dataset = 'EX', variable = 'A', pick = 'last' } },",
    )
    .unwrap_err();
    let starts = [
        "DM.A: F.DM has no item called WEIGHT",
        "DM.B: the expression gives whole number, not text",
        "DM.C: expression: ",
        "DM.D: counts study days, and the mapping has no 'reference'",
        "DM.E: there is no dataset EX",
    ];
    assert_eq!(faults.len(), starts.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault} should start with {start}");
    }
}

#[test]
fn a_variable_comes_behind_those_that_it_needs() {
    let order = compiled(
        "{ name = 'OLD', type = 'integer', expression = 'AGE * 2' },
         { name = 'AGE', type = 'integer', expression = 'AGE + 1' },",
    );
    assert_eq!(order.unwrap(), ["DM.AGE", "DM.OLD"]);
}

#[test]
fn variables_that_need_each_other_are_named() {
    let faults = compiled(
        "{ name = 'A', type = 'integer', expression = 'B + 1' },
         { name = 'B', type = 'integer', expression = 'A + 1' },",
    );
    assert_eq!(faults.unwrap_err(), ["DM.A: needs itself: DM.A -> DM.B -> DM.A"]);
}
