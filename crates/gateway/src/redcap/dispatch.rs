//! Which call is which.

use super::{
    Reply, design, fault::Fault, form::Form, info, people, project::Call, records_delete,
    records_export, records_import, schedule,
};

/// What is done with the content that a call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Export,
    Import,
    Delete,
    Other,
}

fn action(form: &Form) -> Action {
    match form.get("action") {
        "delete" => Action::Delete,
        "import" => Action::Import,
        "" | "export" if form.raw("data").is_some() => Action::Import,
        "" | "export" | "list" => Action::Export,
        _ => Action::Other,
    }
}

/// The method of the contract as which a call counts.
pub(super) fn method(form: &Form) -> &'static str {
    match (form.get("content"), action(form)) {
        ("record", Action::Export) => "casebook.edc.v1.Edc/ExportStudy",
        ("record", Action::Import | Action::Delete) => "casebook.edc.v1.Edc/SaveForm",
        (_, Action::Export) => "casebook.edc.v1.Edc/GetStudy",
        _ => "casebook.edc.v1.Edc/PublishDefinition",
    }
}

/// Does what a call asks for.
pub(super) async fn dispatch(call: Call) -> Result<Reply, Fault> {
    use Action::{Delete, Export, Import};
    let content = call.form.get("content").to_owned();
    match (content.as_str(), action(&call.form)) {
        ("record", Export) => records_export::export(call).await,
        ("record", Import) => records_import::import(call).await,
        ("record", Delete) => records_delete::delete(call).await,
        ("generateNextRecordName", Export) => info::next_record(call).await,
        ("metadata", Export) => design::export(call).await,
        ("metadata", Import) => design::import(call).await,
        ("exportFieldNames", Export) => design::field_names(call).await,
        ("instrument", Export) => design::instruments(call).await,
        ("arm", Export) => schedule::arms(call).await,
        ("arm", Import) => schedule::import_arms(call).await,
        ("arm", Delete) => schedule::delete_arms(call).await,
        ("event", Export) => schedule::events(call).await,
        ("event", Import) => schedule::import_events(call).await,
        ("event", Delete) => schedule::delete_events(call).await,
        ("formEventMapping", Export) => schedule::mappings(call).await,
        ("formEventMapping", Import) => schedule::import_mappings(call).await,
        ("repeatingFormsEvents", Export) => schedule::repeating(call).await,
        ("repeatingFormsEvents", Import) => schedule::import_repeating(call).await,
        ("project", Export) => info::project(call).await,
        ("version", Export) => Ok(info::version(&call)),
        ("user", Export) => people::users(call).await,
        ("userRole", Export) => people::roles(&call),
        ("dag", Export) => people::groups(call).await,
        ("userDagMapping", Export) => people::group_mapping(&call),
        ("", _) => Err(Fault::invalid("the parameter 'content' is missing")),
        _ => {
            let action = call.form.get("action");
            let what = format!("content={content} action={action}");
            Err(Fault::not_offered(what.trim_end_matches(" action=")))
        }
    }
}
