use formats::{
    openclinica::{self, Template},
    xlsform::{FormFile, Sheets, of_form, to_study},
};
use kernel::study::Design;
use std::sync::Arc;

/// A form of OpenClinica as a workbook of before 2007.
pub fn old_workbook(bytes: &[u8]) -> bool {
    let Ok(template) = Template::read(bytes, "fuzz.xls") else { return false };
    openclinica::to_study(&template, "S").versions.len() == 1
}

/// An XLSForm as one table: what is accepted is written again, and read.
pub fn xlsform(bytes: &[u8]) -> bool {
    let Ok(sheets) = Sheets::read_csv(bytes, "fuzz.csv") else { return false };
    for draft in to_study(&sheets, "S").versions {
        let design = Design::new(Arc::new(draft.version));
        for form in &design.version().forms {
            let Some(out) = of_form(&design, &form.oid) else { continue };
            let written = out.sheets.write(FormFile::Csv).expect("a table takes any text");
            let has_items =
                design.shape(&form.oid).is_some_and(|shape| shape.items().next().is_some());
            assert_eq!(Sheets::read_csv(written.as_slice(), "again.csv").is_ok(), has_items);
        }
    }
    true
}
