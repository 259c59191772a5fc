use crate::export::{
    ExportOptions,
    tests::{export, record},
};

#[test]
fn a_row_says_which_value_is_missing_and_why() {
    let (memory, _) = export("csv-scripts", &ExportOptions::default(), &[record()]);
    assert_eq!(
        memory.text("F.VS.IG.VS.csv"),
        "study,site,subject,event,event_repeat,form_repeat,group_repeat,TEMP,TEMP_UNIT,SYSBP,missing\r\n\
         DEMO,701,01-701-1015,SE.1,1,1,1,36.6,Cel,131,\r\n\
         DEMO,701,01-701-1015,SE.1,1,1,2,,,,TEMP=REFUSED;SYSBP=NOT_DONE\r\n"
    );
}

#[test]
fn a_line_break_is_written_as_a_mark_for_programs_that_read_by_lines() {
    let (memory, _) = export("csv-scripts", &ExportOptions::default(), &[record()]);
    assert!(memory.text("F.VS.csv").contains(",\"a \"\"b\"\", c\\nd\","));
}

#[test]
fn each_script_names_each_table_and_its_columns() {
    let (memory, _) = export("csv-scripts", &ExportOptions::default(), &[record()]);
    for script in ["import.sas", "import.sps", "import.R", "import.do"] {
        let text = memory.text(script);
        for file in ["F.VS.csv", "F.VS.IG.VS.csv", "subjects.csv", "missing_values.csv"] {
            assert!(text.contains(file), "{script} does not read {file}");
        }
        assert!(text.contains("TEMP_UNIT") && text.contains("NOTEINOTE"), "{script}");
    }
    let sas = memory.text("import.sas");
    assert!(sas.contains("data F_VS_IG_VS (label='Vital signs: IG.VS');"), "{sas}");
    assert!(sas.contains("    subject $ 11\n"), "as wide as the longest value");
}

#[test]
fn what_means_something_to_a_program_is_no_more_than_text() {
    assert_eq!(super::quoted("Male's", '\''), "'Male''s'");
    assert_eq!(super::one_line("a\r\n b"), "a b");
    assert_eq!(super::at_most("体重", 4), "体");
    assert_eq!(super::with_marks("a\r\nb\rc"), "a\\nb\\nc");
}
