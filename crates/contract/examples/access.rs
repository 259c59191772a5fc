//! Prints `docs/access.md`: who may call which method. `cargo xtask check generated` compares.

use std::collections::BTreeSet;

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
    println!("{HEAD}");
    let services: BTreeSet<&str> = METHODS.iter().map(|method| method.service).collect();
    for service in services {
        println!("## {service}\n");
        let roles: Vec<String> = Role::ALL.iter().map(|r| r.name().replace('_', " ")).collect();
        println!("| method | act | where | repeat | under load | {} |", roles.join(" | "));
        println!("|---|---|---|---|---|{}", "---|".repeat(roles.len()));
        METHODS.iter().filter(|method| method.service == service).for_each(print_row);
        println!();
    }
    print_acts();
}

fn print_row(method: &Method) {
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
    println!("| `{name}` | {act} | {reach} | {repeat} | {priority} | {} |", marks.join(" | "));
}

/// What each role may do, also what no method of its own asks for.
fn print_acts() {
    println!("## Roles\n\n| role | acts |\n|---|---|");
    for role in Role::ALL {
        let acts = contract::Act::ALL.iter().filter(|act| act.is_allowed_for(role));
        let acts: Vec<String> = acts.map(|act| format!("`{act}`")).collect();
        println!("| {} | {} |", role.name().replace('_', " "), acts.join(", "));
    }
}

fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::System => "system",
        Reach::Study => "study",
        Reach::Site => "site",
    }
}
