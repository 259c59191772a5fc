//! The data dictionary, the instruments, and the names of columns.

use formats::redcap::{COLUMNS, Column, Dictionary, Field};

use super::{Reply, fault::Fault, project::Call, rows_in};

pub(super) async fn export(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let (fields, forms) = (call.form.list("fields"), call.form.list("forms"));
    let wanted = |field: &&Field| {
        let named = fields.iter().any(|one| one == field.name());
        let of_form = forms.iter().any(|one| one == field.form());
        (fields.is_empty() && forms.is_empty()) || named || of_form
    };
    let header: Vec<String> = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let chosen = layout.dictionary.fields.iter().filter(wanted);
    let rows = chosen.map(|field| field.columns().map(|(_, text)| text.to_owned()).collect());
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    call.table(&rows, &|_| false)
}

/// Replaces the dictionary by the one that is given.
pub(super) async fn import(call: Call) -> Result<Reply, Fault> {
    let rows = rows_in::rows(&call.form)?;
    let mut fields = Vec::with_capacity(rows.len());
    for row in rows {
        let mut field = Field::default();
        for (name, value) in row {
            let Some(at) = COLUMNS.iter().position(|(known, _)| *known == name) else {
                return Err(Fault::invalid(format!("'{name}' is no column of a dictionary")));
            };
            field.set(column(at), value.trim());
        }
        fields.push(field);
    }
    let count = call
        .change_design(|dictionary: &mut Dictionary| {
            dictionary.fields = fields;
            let forms: Vec<String> = dictionary.forms().into_iter().map(str::to_owned).collect();
            dictionary.mappings.retain(|(_, form)| forms.contains(form));
            dictionary
                .repeating
                .retain(|(_, form)| form.as_ref().is_none_or(|form| forms.contains(form)));
            Ok(dictionary.fields.len())
        })
        .await?;
    Ok(call.plain(&count.to_string()))
}

fn column(at: usize) -> Column {
    const ALL: [Column; COLUMNS.len()] = [
        Column::Name,
        Column::Form,
        Column::SectionHeader,
        Column::Type,
        Column::Label,
        Column::Choices,
        Column::Note,
        Column::Validation,
        Column::Min,
        Column::Max,
        Column::Identifier,
        Column::BranchingLogic,
        Column::Required,
        Column::Alignment,
        Column::QuestionNumber,
        Column::MatrixGroup,
        Column::MatrixRanking,
        Column::Annotation,
    ];
    ALL[at]
}

pub(super) async fn instruments(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let header = ["instrument_name", "instrument_label"].map(str::to_owned).to_vec();
    let rows = layout.instruments.iter().map(|one| vec![one.name.clone(), one.label.clone()]);
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    call.table(&rows, &|_| false)
}

/// Which columns each field has in an export.
pub(super) async fn field_names(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let wanted = call.form.get("field").to_owned();
    let header = ["original_field_name", "choice_value", "export_field_name"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let mut push = |field: &str, code: &str, column: &str| {
        if wanted.is_empty() || wanted == field {
            rows.push([field, code, column].map(str::to_owned).to_vec());
        }
    };
    let fields = &layout.dictionary.fields;
    push(fields[0].name(), "", fields[0].name());
    for instrument in &layout.instruments {
        let mine = fields.iter().skip(1).filter(|field| field.form() == instrument.name);
        // What holds no value here is no column.
        for field in
            mine.filter(|field| layout.variable(field.name()).is_some() || field.is_checkbox())
        {
            for (code, column) in field.export_names() {
                push(field.name(), code.as_deref().unwrap_or_default(), &column);
            }
        }
        let status = format!("{}_complete", instrument.name);
        push(&status, "", &status);
    }
    if rows.len() == 1 && !wanted.is_empty() {
        return Err(Fault::invalid(format!("there is no field '{wanted}'")));
    }
    call.table(&rows, &|_| false)
}
