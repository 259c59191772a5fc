//! Pairs of small contracts: what was released, and what is there now.

use protox::file::{ChainFileResolver, File, FileResolver, IncludeFileResolver};

use super::{Break, Declared, facts, judge};
use crate::tree::root;

struct Given(String);

impl FileResolver for Given {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "given.proto" => File::from_source(name, &self.0),
            other => Err(protox::Error::file_not_found(other)),
        }
    }
}

const RELEASED: &str = r#"
    message Thing {
      string name = 1 [(google.api.field_behavior) = REQUIRED];
      optional int32 size = 2;
      Colour colour = 3;
    }
    enum Colour { COLOUR_UNSPECIFIED = 0; RED = 1; }
    message Asked {}
    message Shown { string word = 1; repeated Part parts = 2; }
    message Part { string text = 1; }
    service Things {
      rpc Show(Asked) returns (Shown) { option (google.api.http) = { get: "/v1/shown" }; }
      rpc Put(Thing) returns (Thing) { option (google.api.http) = { put: "/v1/{name}" body: "*" }; }
      rpc Get(Thing) returns (stream Thing) {
        option (google.api.http) = { get: "/v1/{name}" additional_bindings { get: "/api/{name}" } };
      }
    }"#;

fn facts_of(text: &str) -> facts::Facts {
    let head = r#"syntax = "proto3"; package casebook.given.v1;
        import "google/api/annotations.proto"; import "google/api/field_behavior.proto";"#;
    let mut resolver = ChainFileResolver::new();
    resolver.add(Given(format!("{head}{text}")));
    resolver.add(IncludeFileResolver::new(root().join("proto")));
    resolver.add(protox::file::GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).open_file("given.proto").unwrap();
    facts::of_pool(&compiler.descriptor_pool())
}

/// What is found when `before` was released and `after` is there in its place.
fn change(before: &str, after: &str) -> Vec<String> {
    assert!(RELEASED.contains(before), "{before}");
    let now = RELEASED.replacen(before, after, 1);
    judge(&facts_of(RELEASED), &facts_of(&now), &Declared::default())
}

#[test]
fn what_stays_or_is_added_breaks_nobody() {
    assert_eq!(change("", ""), Vec::<String>::new());
    let added = "Colour colour = 3; string more = 4; repeated Thing parts = 5;";
    assert_eq!(change("Colour colour = 3;", added), Vec::<String>::new());
    assert_eq!(change("RED = 1;", "RED = 1; BLUE = 2;"), Vec::<String>::new());
    let door =
        r#"additional_bindings { get: "/x/{name}" } additional_bindings { get: "/api/{name}" }"#;
    assert_eq!(change(r#"additional_bindings { get: "/api/{name}" }"#, door), Vec::<String>::new());
    let optional = "string name = 1;";
    let required = "string name = 1 [(google.api.field_behavior) = REQUIRED];";
    assert_eq!(change(required, optional).len(), 1, "said, so that it is decided");
}

#[test]
fn every_kind_of_break_is_found_and_named() {
    let breaks = [
        ("optional int32 size = 2;", "", "field casebook.given.v1.Thing.size"),
        ("optional int32 size = 2;", "optional int32 size = 9;", "= 9"),
        ("optional int32 size = 2;", "optional string size = 2;", "optional string"),
        (
            "optional int32 size = 2;",
            "int32 size = 2;",
            "now: field casebook.given.v1.Thing.size: int32",
        ),
        ("optional int32 size = 2;", "optional int32 mass = 2;", "Thing.size"),
        ("Colour colour = 3;", "repeated Colour colour = 3;", "repeated"),
        ("Colour colour = 3;", "oneof one { Colour colour = 3; }", "of one"),
        ("RED = 1;", "", "value casebook.given.v1.Colour.RED"),
        ("RED = 1;", "RED = 2;", "RED: 2"),
        ("rpc Put(", "rpc Place(", "method casebook.given.v1.Things/Put"),
        ("returns (stream Thing)", "returns (Thing)", "-> casebook.given.v1.Thing"),
        (r#"put: "/v1/{name}""#, r#"post: "/v1/{name}""#, "POST /v1/{name}"),
        (r#"put: "/v1/{name}" body: "*""#, r#"put: "/v1/{name}""#, "PUT /v1/{name}"),
        (r#"additional_bindings { get: "/api/{name}" }"#, "", "also by GET /api/{name}"),
        (
            "Colour colour = 3;",
            "Colour colour = 3; string key = 4 [(google.api.field_behavior) = REQUIRED];",
            "now required, and new: field casebook.given.v1.Thing.key",
        ),
    ];
    for (before, after, named) in breaks {
        let findings = change(before, after);
        assert!(!findings.is_empty(), "{before} -> {after} is not found");
        assert!(findings.iter().any(|one| one.contains(named)), "{named}: {findings:#?}");
    }
}

#[test]
fn a_declared_break_passes_and_a_declaration_of_nothing_does_not() {
    let (released, now) = (facts_of(RELEASED), facts_of(&RELEASED.replace("RED = 1;", "")));
    let line = "value casebook.given.v1.Colour.RED: 1".to_owned();
    let declared = |line: &str, reason: &str| Declared {
        breaks: vec![Break { line: line.to_owned(), reason: reason.to_owned() }],
    };
    let why = "nothing was ever red";
    assert_eq!(judge(&released, &now, &declared(&line, why)), Vec::<String>::new());
    assert!(judge(&released, &now, &declared(&line, " "))[0].contains("why is this broken?"));
    assert!(judge(&released, &released, &declared(&line, why))[0].contains("this is not broken"));
}

#[test]
fn what_is_only_answered_may_say_that_it_is_always_there() {
    let required = "[(google.api.field_behavior) = REQUIRED]";
    let parts =
        format!("message Part {{ string text = 1 {required}; string more = 2 {required}; }}");
    assert_eq!(change("message Part { string text = 1; }", &parts), Vec::<String>::new());
    let word = format!("string word = 1 {required};");
    assert_eq!(change("string word = 1;", &word), Vec::<String>::new());
    let size = format!("optional int32 size = 2 {required};");
    assert_eq!(change("optional int32 size = 2;", &size).len(), 1, "clients send a thing");
}
