//! Prints `docs/access.md`: who may call which method. A test of this crate compares.

use std::{collections::BTreeSet, fmt::Write as _};

use contract::{Access, METHODS, Method, Reach, Repeat, Role};

const HEAD: &str = "# Who may call which method

This page is generated from the contracts: `cargo run -p casebook-contract --example access`.

A caller has roles, each for one study or all, at one site or all. A method asks for an act, and a role
allows it or not (●). *System*: the role must be held everywhere. *Study*: in the study that the request
names. *Site*: at the site of what the request names; lists and exports are cut down to such sites.
Values that tell who gets which treatment reach nobody but roles with `read_unblinded`, through any
method. Who may not do something is not told whether it is there.

*Repeat* says whether a call may be sent again when its answer was lost: always, with the same
`requestId`, or never.
";

fn main() {
    print!("{}", page());
}

/// The whole page.
pub fn page() -> String {
    let mut page = format!("{HEAD}\n");
    let services: BTreeSet<&str> = METHODS.iter().map(|method| method.service).collect();
    for service in services {
        let roles: Vec<String> = Role::ALL.iter().map(|r| r.name().replace('_', " ")).collect();
        let methods = METHODS.iter().filter(|method| method.service == service);
        let rows: Vec<String> = methods.map(row).collect();
        let line = "---|".repeat(roles.len());
        let roles = roles.join(" | ");
        write!(
            page,
            "## {service}\n\n| method | act | where | repeat | under load | {roles} |\n\
             |---|---|---|---|---|{line}\n{}\n\n",
            rows.join("\n")
        )
        .expect("writing to memory does not fail");
    }
    page + &acts()
}

fn row(method: &Method) -> String {
    let (act, reach) = match method.access {
        Access::Public => ("anybody".to_owned(), ""),
        Access::SignedIn => ("anybody known".to_owned(), ""),
        Access::Act(act, reach) => (format!("`{act}`"), reach_name(reach)),
    };
    let repeat = match method.repeat {
        Repeat::Safe => "always",
        Repeat::WithRequestId => "same id",
        Repeat::Never => "never",
    };
    let marks: Vec<&str> =
        Role::ALL.iter().map(|role| if method.is_for(*role) { "●" } else { "" }).collect();
    let (name, priority) = (method.name, method.priority.name());
    format!("| `{name}` | {act} | {reach} | {repeat} | {priority} | {} |", marks.join(" | "))
}

/// What each role may do, also what no method of its own asks for.
fn acts() -> String {
    let row = |role: Role| {
        let acts = contract::Act::ALL.iter().filter(|act| act.is_allowed_for(role));
        let acts: Vec<String> = acts.map(|act| format!("`{act}`")).collect();
        format!("| {} | {} |\n", role.name().replace('_', " "), acts.join(", "))
    };
    let rows: String = Role::ALL.into_iter().map(row).collect();
    format!("## Roles\n\n| role | acts |\n|---|---|\n{rows}")
}

fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::System => "system",
        Reach::Study => "study",
        Reach::Site => "site",
    }
}
