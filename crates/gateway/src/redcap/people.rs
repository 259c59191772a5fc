//! People and sites: users with their rights, roles, and sites as data access groups.

use contract::{Act, Code, Role, Scope, edc::v1::Site, portfolio::v1::ListStaffRequest};
use formats::redcap::group_name;

use super::{Reply, fault::Fault, project::Call};

/// Columns of a user, each with the act that it asks for; the value is 1 when it is allowed.
const RIGHTS: [(&str, Option<Act>); 16] = [
    ("design", Some(Act::PublishStudy)),
    ("alerts", None),
    ("user_rights", Some(Act::ManageUsers)),
    ("data_access_groups", Some(Act::ManagePortfolio)),
    ("reports", Some(Act::ExportData)),
    ("stats_and_charts", Some(Act::ReadData)),
    ("manage_survey_participants", None),
    ("calendar", None),
    ("data_import_tool", Some(Act::ImportData)),
    ("logging", Some(Act::ReadJournal)),
    ("file_repository", None),
    ("api_export", Some(Act::ExportData)),
    ("api_import", Some(Act::EnterData)),
    ("record_create", Some(Act::ManageSubjects)),
    ("record_rename", None),
    ("record_delete", Some(Act::EnterData)),
];

/// The holder of the token first, then whoever else works on the study, as far as he may see that.
pub(super) async fn users(call: Call) -> Result<Reply, Fault> {
    let layout = call.layout().await?;
    let mut header: Vec<String> =
        ["username", "email", "firstname", "lastname", "expiration", "data_access_group"]
            .map(str::to_owned)
            .to_vec();
    header.extend(RIGHTS.iter().map(|(name, _)| (*name).to_owned()));
    header.extend(["lock_records_all_forms", "lock_records", "forms"].map(str::to_owned));
    let caller = &call.context.caller;
    let may = |act: Act| caller.permit(act, Scope::study_wide(&call.study)).is_ok();
    let flag = |is: bool| u8::from(is).to_string();
    let forms: Vec<String> =
        layout.instruments.iter().map(|one| format!("{}:1", one.name)).collect();
    let row = |user: &str, is_caller: bool| {
        let mut row = vec![user.to_owned()];
        row.extend(std::iter::repeat_n(String::new(), 5));
        row.extend(RIGHTS.iter().map(|(_, act)| flag(is_caller && act.is_some_and(may))));
        let locks = flag(is_caller && may(Act::LockData));
        row.extend([locks.clone(), locks, forms.join(",")]);
        row
    };
    let mut rows = vec![header, row(&caller.user, true)];
    for other in staff(&call).await? {
        if other != caller.user {
            rows.push(row(&other, false));
        }
    }
    call.table(&rows, &|column| {
        RIGHTS.iter().any(|(name, _)| *name == column) || column.starts_with("lock")
    })
}

/// Who works on the study; nobody for a caller who may not know it.
async fn staff(call: &Call) -> Result<Vec<String>, Fault> {
    let mut users: Vec<String> = Vec::new();
    let mut page_token = None;
    loop {
        let request = ListStaffRequest {
            study_oid: call.study.clone(),
            page_token,
            ..ListStaffRequest::default()
        };
        let page = match call.redcap.portfolio.list_staff(&call.context, request).await {
            Ok(page) => page,
            Err(error) if matches!(error.code(), Code::PermissionDenied | Code::NotFound) => {
                return Ok(users);
            }
            Err(error) => return Err(error.into()),
        };
        for member in page.staff {
            if !users.contains(&member.user) {
                users.push(member.user);
            }
        }
        page_token = page.next_page_token;
        if page_token.is_none() {
            return Ok(users);
        }
    }
}

/// The roles that this system has. They are the same in all studies and cannot be changed.
pub(super) fn roles(call: &Call) -> Result<Reply, Fault> {
    let header = ["unique_role_name", "role_label"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    for role in Role::ALL {
        rows.push(vec![role.name().to_owned(), role.name().replace('_', " ")]);
    }
    call.table(&rows, &|_| false)
}

fn name(site: &Site) -> String {
    let name = site.name.get("en").or_else(|| site.name.values().next());
    name.filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| site.site_oid.clone())
}

/// The sites of the study.
pub(super) async fn groups(call: Call) -> Result<Reply, Fault> {
    let header = ["data_access_group_name", "unique_group_name", "data_access_group_id"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (at, site) in call.sites().await?.iter().enumerate() {
        rows.push(vec![name(site), site.site_oid.clone(), (at + 1).to_string()]);
    }
    call.table(&rows, &|column| column == "data_access_group_id")
}

/// To which site each user is limited: of the holder of the token, that of his grants.
pub(super) fn group_mapping(call: &Call) -> Result<Reply, Fault> {
    let caller = &call.context.caller;
    let site = caller.grants.iter().find_map(|grant| grant.site.clone()).unwrap_or_default();
    let header = ["username", "redcap_data_access_group"].map(str::to_owned).to_vec();
    let rows = [header, vec![caller.user.clone(), site]];
    call.table(&rows, &|_| false)
}

/// The site that a data access group stands for: by its OID, its name, or the name that REDCap
/// would give it.
pub(super) fn site_of<'s>(sites: &'s [Site], group: &str) -> Option<&'s Site> {
    sites.iter().find(|site| {
        site.site_oid == group
            || name(site) == group
            || group_name(&name(site)) == group
            || group_name(&site.site_oid) == group
    })
}
