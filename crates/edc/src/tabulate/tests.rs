use formats::{DefinitionFile, read_definition};
use kernel::study::{Design, Fault};
use rules::Catalogue;
use testkit::languages::assert_told_in_both;

use super::Plan;

const ODM: &str = r#"<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileType="Snapshot" FileOID="f" CreationDateTime="2026-01-01T00:00:00Z"><Study OID="S1"><GlobalVariables><StudyName>One</StudyName><StudyDescription>d</StudyDescription><ProtocolName>P</ProtocolName></GlobalVariables><MetaDataVersion OID="V1" Name="v1">
<StudyEventDef OID="SE.A" Name="A" Repeating="No" Type="Scheduled"><FormRef FormOID="F.DM" Mandatory="Yes"/></StudyEventDef>
<FormDef OID="F.DM" Name="DM" Repeating="No"><ItemGroupRef ItemGroupOID="IG.DM" Mandatory="Yes"/></FormDef>
<ItemGroupDef OID="IG.DM" Name="DM" Repeating="No"><ItemRef ItemOID="I.AGE" Mandatory="No"/></ItemGroupDef>
<ItemDef OID="I.AGE" Name="AGE" DataType="integer" Length="3"/>
</MetaDataVersion></Study></ODM>"#;

/// The order of variables, or what is wrong with a mapping.
fn compiled(variables: &str) -> Result<Vec<String>, Vec<String>> {
    let mapping = format!("subjects = 'DM'\n{DM}variables = [\n{variables}\n]\n");
    match planned(&mapping) {
        Ok(plan) => Ok(plan.order.iter().map(|at| plan.oid(*at)).collect()),
        Err(faults) => {
            Err(faults.iter().map(|one| format!("{}: {}", one.oid, one.message)).collect())
        }
    }
}

/// The head of a dataset.
const DM: &str = "[[dataset]]\nname = 'DM'\nlabel = 'D'\nform = 'F.DM'\n";

fn planned(mapping: &str) -> Result<Plan, Vec<Fault>> {
    let mapping = format!("tabulation = 'SDTM'\n{mapping}");
    let files = [
        DefinitionFile { name: "a.xml", content: ODM.as_bytes() },
        DefinitionFile { name: "sdtm.toml", content: mapping.as_bytes() },
    ];
    let design = Design::new(read_definition(&files, None).unwrap().version.into());
    Ok(Plan::compile(&design, &Catalogue::of(&design))?.unwrap())
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

#[test]
fn every_fault_of_a_mapping_is_told_in_both_languages() {
    let mappings = [
        "reference = 'RF'\n[[dataset]]\nname = 'AA'\nlabel = 'A'\nform = 'F.NO'\nvariables = []"
            .to_owned(),
        format!("subjects = 'ZZ'\n{DM}variables = []"),
        format!(
            "subjects = 'DM'\nreference = 'RF'\n{DM}group = 'IG.DM'\nevents = ['SE.NO']\nonly = \
             'AGE + 1'\nlast_of = ['NOITEM']\neach = [{{ item = 'AGE', NOVAR = '1' }}]\nvariables \
             = [
               {{ name = 'F', item = 'AGE', decode = 'zh' }},
               {{ name = 'G', expression = 'AGE' }},
               {{ name = 'H', type = 'integer', expression = 'previous(\"AGE\")' }},
               {{ name = 'J', sequence = ['NOKEY'] }},
               {{ name = 'K', type = 'integer', study_day = 'F' }},
               {{ name = 'L', other = {{ dataset = 'EX', variable = 'A', pick = 'last' }} }},
             ]"
        ),
        format!("subjects = 'DM'\n{DM}variables = [{{ name = 'A', each = true }}]"),
        format!(
            "subjects = 'DM'\n{DM}variables = [{{ name = 'A', type = 'integer', expression = 'A1 + \
             1' }}, {{ name = 'A1', type = 'integer', expression = 'A + 1' }}]"
        ),
    ];
    let faults: Vec<Fault> =
        mappings.iter().flat_map(|mapping| planned(mapping).err().unwrap()).collect();
    for Fault { message, .. } in &faults {
        assert_told_in_both(&message.en, &message.zh);
    }
    let told: Vec<String> =
        faults.iter().map(|one| format!("{}: {}", one.oid, one.message)).collect();
    let starts = [
        ": 'reference' needs 'subjects'",
        "AA: there is no form F.NO",
        "ZZ: is the dataset of subjects, and not among the datasets",
        "DM: has no variable RF, the reference",
        "DM: IG.DM is no repeating group of F.DM",
        "DM: there is no event SE.NO",
        "DM: F.DM has no item called NOITEM",
        "DM: 'each' names no variable with NOVAR",
        "DM: expression: line 1",
        "DM.F: AGE has no code list with texts in zh",
        "DM.G: the expression gives whole number, not text",
        "DM.H: previous(\"AGE\") cannot be used in a tabulation",
        "DM.J: DM has no variable NOKEY",
        "DM.K: counts study days, and the mapping has no 'reference'",
        "DM.L: there is no dataset EX",
        "DM.A: takes the item of the row, and the dataset has no 'each'",
        "DM.A: needs itself: DM.A -> DM.A1 -> DM.A",
    ];
    assert_eq!(told.len(), starts.len(), "{told:#?}");
    for (fault, start) in told.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault} should start with {start}");
    }
}
