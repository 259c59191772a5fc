//! XLSForms: what is asked, when, in which languages, and what is listed because it is not translated.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use formats::{
    ImportedDesign, Severity,
    xlsform::{Sheets, to_study},
};
use kernel::{
    DataType, Texts,
    study::{Design, GroupRepeat, faults},
};
use rules::{Catalogue, Expect, Scope, compile};

const FORM: &str = "\
survey,type,name,label,label::中文 (zh),hint,required,relevant,constraint,constraint_message,calculation,choice_filter
,text,name,Your name,您的姓名,as in the passport,yes,,,,,
,integer,age,Age,年龄,,true(),,. >= 0 and . <= 120,Not an age,,
,select_one yes_no,smokes,Do you smoke?,吸烟吗？,,,${age} >= 18,,,,
,begin group,smoking,Smoking,吸烟,,,selected(${smokes}, 'y'),,,,
,select_multiple what,kinds,What?,什么？,,,,,,,
,decimal,packs,Packs a day,每日包数,,,\"selected(${kinds}, 'cigarettes')\",,,,
,end group,,,,,,,,,,
,begin repeat,drugs,Drugs,药物,,,,,,,
,text,drug-name,Drug,药名,,,,,,,
,integer,dose,Dose,剂量,,,,. > 0,,,
,calculate,twice,,,,,,,,${dose} * 2,
,end repeat,,,,,,,,,,
,note,bye,Thank you,谢谢,,,,,,,
,geopoint,where,Where?,哪里？,,,,,,,
,select_one town,town,Town,城镇,,,,,,,county=${age}
,calculate,now,,,,,,,,now(),
choices,list_name,name,label,label::中文 (zh)
,yes_no,y,Yes,是
,yes_no,n,No,否
,what,cigarettes,Cigarettes,香烟
,what,by-pipe,Pipe,烟斗
,town,1,One,一
settings,form_title,form_id,default_language
,Habits,habits,English (en)
";

fn form() -> ImportedDesign {
    let quoted = FORM.replace(",selected(${smokes}, 'y'),", ",\"selected(${smokes}, 'y')\",");
    to_study(&Sheets::read_csv(quoted.as_bytes(), "habits.csv").unwrap(), "HABITS")
}

fn design(imported: ImportedDesign) -> Design {
    let version = imported.versions.into_iter().next().unwrap().version;
    let design = Design::new(Arc::new(version));
    assert_eq!(faults(&design), []);
    design
}

#[test]
fn questions_become_items_in_their_groups_and_languages() {
    let design = design(form());
    let version = design.version();
    let items: Vec<&str> = version.items.iter().map(|item| item.oid.as_str()).collect();
    let expected = [
        "name",
        "age",
        "smokes",
        "kinds___cigarettes",
        "kinds___by_pipe",
        "packs",
        "drug_name",
        "dose",
        "twice",
        "town",
        "now",
    ];
    assert_eq!(items, expected);
    let mut label = Texts::one("en", "Your name");
    label.set("zh", "您的姓名");
    assert_eq!(version.items[0].question, label);
    let repeats: Vec<_> = version.item_groups.iter().map(|g| (g.name.as_str(), g.repeat)).collect();
    assert!(repeats.contains(&("drugs", GroupRepeat::Simple)), "{repeats:?}");
    let smokes = version.code_lists.iter().find(|list| list.name == "yes_no").unwrap();
    assert_eq!(smokes.items[1].decode.in_lang("zh"), Some("否"));
    let name = &design.shape(&"habits".into()).unwrap().groups;
    assert!(name.iter().flat_map(|g| &g.items).any(|i| i.oid.as_str() == "name" && i.mandatory));
}

#[test]
fn every_translated_expression_compiles_where_it_stands() {
    let design = design(form());
    let version = design.version();
    let catalogue = Catalogue::of(&design);
    let scope = |group: Option<&str>| {
        let group = group.map(kernel::ItemGroupOid::new);
        Scope::of_form(&design, &catalogue, &"habits".into(), group.as_ref())
    };
    assert_eq!((version.conditions.len(), version.checks.len(), version.methods.len()), (3, 2, 1));
    for condition in &version.conditions {
        let text = &condition.expressions[0].text;
        compile(text, &scope(None), Expect::Bool).unwrap_or_else(|why| panic!("{text}: {why:?}"));
    }
    for check in &version.checks {
        let group = check.group.as_ref().map(kernel::ItemGroupOid::as_str);
        let text = &check.expression.text;
        compile(text, &scope(group), Expect::Bool).unwrap_or_else(|why| panic!("{text}: {why:?}"));
    }
    let twice = &version.methods[0].expressions[0].text;
    assert_eq!(twice, "text((dose * 2))");
    compile(twice, &scope(Some("habits.drugs")), Expect::Any).unwrap();
}

#[test]
fn what_is_not_translated_is_listed_with_its_row() {
    let found = form().warnings;
    let about = |name: &str, part: &str| {
        let about = format!("survey, {name}");
        found.iter().any(|f| f.about == about && f.text.contains(part) && f.line.is_some())
    };
    assert!(about("where", "geopoint") && about("bye", "to be read"));
    assert!(about("town", "choice_filter") && about("drug-name", "drug_name"));
    assert!(about("now", "calculation is not translated"), "{found:?}");
    assert!(found.iter().all(|f| f.severity != Severity::Error));
}

/// The form as a workbook, written by another writer: one blank row before the survey's header.
fn workbook() -> Vec<u8> {
    let quoted = FORM.replace(",selected(${smokes}, 'y'),", ",\"selected(${smokes}, 'y')\",");
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(quoted.as_bytes());
    let mut book = rust_xlsxwriter::Workbook::new();
    book.add_worksheet().set_name("read me").unwrap().write(0, 0, "nothing").unwrap();
    let mut at = 0;
    for row in rows.records().map(Result::unwrap) {
        if !row[0].is_empty() {
            let name = if &row[0] == "survey" { "Survey" } else { &row[0] };
            book.add_worksheet().set_name(name).unwrap();
            at = u32::from(name == "Survey");
        }
        let last = book.worksheets().len() - 1;
        let sheet = book.worksheet_from_index(last).unwrap();
        for (column, text) in row.iter().skip(1).enumerate() {
            sheet.write(at, u16::try_from(column).unwrap(), text).unwrap();
        }
        at += 1;
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_the_same_form_with_its_own_row_numbers() {
    let bytes = workbook();
    let read = to_study(&Sheets::read_workbook(bytes.as_slice(), "habits.csv").unwrap(), "HABITS");
    let expected = form();
    assert_eq!(read.versions[0].version, expected.versions[0].version);
    let lines = |imported: &ImportedDesign, more: u32| -> Vec<(String, u32)> {
        let found = imported.warnings.iter();
        found.map(|f| (f.text.clone(), f.line.unwrap() + more)).collect()
    };
    assert_eq!(lines(&read, 0), lines(&expected, 1));
    let file = formats::DefinitionFile { name: "habits.xlsx", content: &bytes };
    let defined = formats::read_definition(&[file], Some("HABITS")).unwrap();
    assert_eq!(defined.version, expected.versions[0].version);
}

fn published(name: &str) -> kernel::StudyVersion {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/xlsform");
    let content = std::fs::read(format!("{folder}/{name}")).unwrap();
    let file = formats::DefinitionFile { name, content: &content };
    formats::read_definition(&[file], None).unwrap().version
}

#[test]
fn forms_that_excel_and_libreoffice_saved_are_read() {
    let version = published("text_and_integer.xlsx");
    let items: Vec<_> = version.items.iter().map(|i| (i.oid.as_str(), i.data_type)).collect();
    assert_eq!(items, [("your_name", DataType::Text), ("your_age", DataType::Integer)]);
    let asked = version.items[1].question.in_lang("english");
    assert_eq!(asked, Some("How many years old are you?"));
    let version = published("xl_date_ambiguous.xlsx");
    assert_eq!(version.study_name, "XLDateAmbiguous-v1");
    let items: Vec<_> = version.items.iter().map(|i| i.oid.as_str()).collect();
    assert_eq!(items, ["name1", "name2", "name3", "names"]);
    let by_formula = version.items[3].question.in_lang("English");
    assert_eq!(by_formula, Some("names"), "the cell is =B5");
    let codes: Vec<_> =
        version.code_lists[0].items.iter().map(|i| i.coded_value.as_str()).collect();
    assert_eq!(codes, ["name1", "name2", "name3"]);
}

#[test]
fn a_table_that_is_no_form_is_refused() {
    let refused = Sheets::read_csv("a,b\n1,2\n".as_bytes(), "x.csv").unwrap_err();
    assert!(refused.what.contains("survey"), "{refused}");
}
