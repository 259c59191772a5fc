//! The published table of who may call what is the one in force.

#![expect(dead_code, reason = "the example is a program of its own as well")]

#[path = "../examples/access.rs"]
mod access;

#[test]
fn the_published_table_of_access_is_what_the_contracts_say() {
    let published = include_str!("../../../docs/access.md");
    assert!(
        access::page() == published,
        "write docs/access.md anew: cargo run -p casebook-contract --example access"
    );
}
