use kernel::{Datum, MissingReason, casebook::FormRecord};
use proptest::prelude::*;

use crate::export::{
    ExportOptions,
    tests::{export, record, row, with_unit},
};

fn csv(records: &[FormRecord]) -> impl Fn(&str) -> String + use<> {
    let (memory, _) = export("csv", &ExportOptions::default(), records);
    move |name| memory.text(name)
}

#[test]
fn a_form_has_one_table_and_each_repeating_group_its_own() {
    let text = csv(&[record()]);
    assert_eq!(
        text("F.VS.csv"),
        "study,site,subject,event,event_repeat,form_repeat,VSDAT,NOTE.I.NOTE,note.I.NOTE2,missing\r\n\
         DEMO,701,01-701-1015,SE.1,1,1,2014-01-02,\"a \"\"b\"\", c\nd\",,\r\n"
    );
    assert_eq!(
        text("F.VS.IG.VS.csv"),
        "study,site,subject,event,event_repeat,form_repeat,group_repeat,TEMP,TEMP_UNIT,SYSBP,missing\r\n\
         DEMO,701,01-701-1015,SE.1,1,1,1,36.6,Cel,131,\r\n\
         DEMO,701,01-701-1015,SE.1,1,1,2,,,,SYSBP=NOT_DONE;TEMP=REFUSED\r\n"
    );
    assert_eq!(
        text("subjects.csv"),
        "study,site,subject,status,screening_number,enrolment_number\r\n\
         DEMO,701,01-701-1015,ENROLLED,\"S,1\",\r\n"
    );
}

#[test]
fn removed_records_and_rows_are_left_out() {
    let mut one_row = record();
    for (key, row) in &mut one_row.rows {
        row.removed = key.repeat.as_str() == "2";
    }
    let gone = FormRecord { removed: true, ..record() };
    let text = csv(&[gone, one_row]);
    assert_eq!(text("F.VS.csv").lines().filter(|line| line.starts_with("DEMO")).count(), 1);
    assert_eq!(text("F.VS.IG.VS.csv").lines().count(), 2);
    assert!(text("F.VS.IG.VS.csv").contains(",SE.1,1,2,1,36.6,"));
}

#[test]
fn what_the_version_has_no_column_for_is_written_beside() {
    let rows = [
        row("IG.HEAD", "1", &[("I.DATE", with_unit("2014", "U.X")), ("I.GONE", Datum::value("x"))]),
        row("IG.HEAD", "2", &[("I.DATE", Datum::Missing(MissingReason::Unknown))]),
        row("IG.OLD", "1", &[("I.DATE", Datum::value("y"))]),
    ];
    let text = csv(&[FormRecord { rows: rows.into(), ..FormRecord::default() }]);
    assert_eq!(
        text("other_values.csv"),
        "study,site,subject,event,event_repeat,form,form_repeat,item_group,group_repeat,item,value,\
         unit,missing\r\n\
         DEMO,701,01-701-1015,SE.1,1,F.VS,1,IG.HEAD,1,I.DATE,2014,U.X,\r\n\
         DEMO,701,01-701-1015,SE.1,1,F.VS,1,IG.HEAD,1,I.GONE,x,,\r\n\
         DEMO,701,01-701-1015,SE.1,1,F.VS,1,IG.HEAD,2,I.DATE,,,UNKNOWN\r\n\
         DEMO,701,01-701-1015,SE.1,1,F.VS,1,IG.OLD,1,I.DATE,y,,\r\n"
    );
    assert!(text("F.VS.csv").ends_with("SE.1,1,1,,,,\r\n"));
}

#[test]
fn columns_do_not_depend_on_the_data() {
    let (empty, _) = export("csv", &ExportOptions::default(), &[]);
    let (full, _) = export("csv", &ExportOptions::default(), &[record()]);
    assert_eq!(empty.names(), full.names());
    for name in empty.names() {
        let header = |text: String| text.lines().next().unwrap().to_owned();
        assert_eq!(header(empty.text(&name)), header(full.text(&name)));
    }
}

#[test]
fn a_byte_order_mark_is_written_when_asked_for() {
    let options = ExportOptions { byte_order_mark: true, ..ExportOptions::default() };
    let (memory, _) = export("csv", &options, &[record()]);
    assert!(memory.names().iter().all(|name| memory.text(name).starts_with("\u{feff}study,")));
}

proptest! {
    #[test]
    fn another_reader_reads_the_same_values(date in "\\PC{1,9}", note in "[a,\"\n\r体]{1,9}") {
        let values = [("I.DATE", Datum::value(&*date)), ("I.NOTE", Datum::value(&*note))];
        let rows = [row("IG.HEAD", "1", &values)];
        let text = csv(&[FormRecord { rows: rows.into(), ..FormRecord::default() }])("F.VS.csv");
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let read = reader.records().next().unwrap().unwrap();
        prop_assert_eq!(&read[6], date);
        prop_assert_eq!(&read[7], note);
    }
}
