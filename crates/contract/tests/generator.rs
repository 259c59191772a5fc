//! What the generator makes of a `.proto` file, and what it does not let pass.

#[path = "../build/access.rs"]
mod access;
#[path = "../build/methods.rs"]
mod methods;
#[path = "../build/model.rs"]
mod model;
#[path = "../build/names.rs"]
mod names;
#[path = "../build/packages.rs"]
mod packages;
#[path = "../build/rest.rs"]
mod rest;
#[path = "../build/traits.rs"]
mod traits;

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;
    use protox::file::{ChainFileResolver, File, FileResolver, IncludeFileResolver};

    use std::path::Path;

    use crate::{methods, model, packages, rest, traits};

    /// One file that is not on disk.
    struct Given(String);

    impl FileResolver for Given {
        fn open_file(&self, name: &str) -> Result<File, protox::Error> {
            match name {
                "given.proto" => File::from_source(name, &self.0),
                other => Err(protox::Error::file_not_found(other)),
            }
        }
    }

    /// The service around `method`, or why the generator refuses it.
    fn services(method: &str) -> anyhow::Result<Vec<model::Service>> {
        let access = "option (casebook.api.v1.access) = { signed_in: true };";
        let binding = "option (google.api.http)";
        let method = method.replace(binding, &format!("{access}\n{binding}"));
        model::services(&pool(&method)?)
    }

    /// The descriptors of the service around `method`.
    fn pool(method: &str) -> anyhow::Result<DescriptorPool> {
        let source = format!(
            r#"syntax = "proto3";
            package casebook.given.v1;
            import "casebook/api/v1/access.proto";
            import "google/api/annotations.proto";
            // A thing.
            message Thing {{
              // Its name.
              string name = 1;
              // What is in it.
              Thing inner = 2;
            }}
            // Things.
            message Things {{
              // Their names.
              repeated string names = 1;
            }}
            // A service.
            service Given {{
              {method}
            }}"#
        );
        let mut resolver = ChainFileResolver::new();
        resolver.add(Given(source));
        resolver.add(IncludeFileResolver::new("../../proto".into()));
        resolver.add(protox::file::GoogleFileResolver::new());
        let mut compiler = protox::Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).include_source_info(true).open_file("given.proto")?;
        Ok(compiler.descriptor_pool())
    }

    fn refusal(method: &str) -> String {
        match services(method).and_then(|services| rest::generate(&services[0])) {
            Ok(code) => panic!("it was let pass: {code}"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn a_body_field_and_a_response_field_are_bound() {
        let services = services(
            r#"// Puts a thing.
            rpc Put(Thing) returns (Thing) {
              option (google.api.http) = {
                put: "/v1/things/{name}" body: "inner" response_body: "inner"
              };
            }"#,
        )
        .unwrap();
        let code = rest::generate(&services[0]).unwrap();
        assert!(code.contains("message.inner = Some(request.body()?);"), "{code}");
        assert!(code.contains("Answer::json(&answer.inner)"), "{code}");
    }

    #[test]
    fn a_field_that_repeats_is_refused_in_a_query() {
        let refusal = refusal(
            r#"// Lists.
            rpc List(Things) returns (Thing) {
              option (google.api.http) = { get: "/v1/things" };
            }"#,
        );
        assert!(refusal.contains("names cannot stand in a path or query"), "{refusal}");
    }

    #[test]
    fn a_whole_body_is_parsed_and_the_path_is_set_over_it() {
        let services = services(
            r#"// Puts a thing.
            rpc Put(Thing) returns (Thing) {
              option (google.api.http) = {
                put: "/v1/things/{name}" body: "*"
              };
            }"#,
        )
        .unwrap();
        let code = rest::generate(&services[0]).unwrap();
        assert!(code.contains("let mut message: crate::given::v1::Thing = request.body()?;"));
        assert!(code.contains(r#"bind::path(&mut message.name, "name", request.path(0)?)?;"#));
        assert!(code.contains("Answer::json(&answer)"));
        let traits = traits::generate(&services[0]);
        assert!(traits.contains("/// Puts a thing.") && traits.contains("async fn put("));
    }

    #[test]
    fn a_method_without_a_binding_is_refused() {
        let refusal = refusal("// Does.\nrpc Do(Thing) returns (Thing);");
        assert!(refusal.contains("casebook.given.v1.Given.Do"), "{refusal}");
        assert!(refusal.contains("no google.api.http binding"), "{refusal}");
    }

    #[test]
    fn a_method_without_a_comment_is_refused() {
        let refusal = refusal(
            r#"rpc Do(Thing) returns (Thing) {
              option (google.api.http) = { post: "/v1/do" body: "*" };
            }"#,
        );
        assert!(refusal.contains("has no comment"), "{refusal}");
    }

    #[test]
    fn a_path_that_names_no_field_is_refused() {
        let refusal = refusal(
            r#"// Does.
            rpc Do(Thing) returns (Thing) {
              option (google.api.http) = { post: "/v1/{nobody}" body: "*" };
            }"#,
        );
        assert!(refusal.contains("has no field nobody"), "{refusal}");
    }

    #[test]
    fn streams_of_messages_are_refused() {
        for signature in ["(stream Thing) returns (Thing)", "(Thing) returns (stream Thing)"] {
            let refusal = refusal(&format!("// Does.\nrpc Do{signature};"));
            assert!(refusal.contains("stream"), "{refusal}");
        }
    }

    const DOES: &str = "post: \"/v1/do\" body: \"*\"";

    /// A method with these options.
    fn does(options: &str) -> String {
        format!(
            "// Does.\nrpc Do(Thing) returns (Thing) {{ {options} option (google.api.http) = {{ {DOES} }}; }}"
        )
    }

    #[test]
    fn a_method_that_does_not_say_who_may_call_it_is_refused() {
        let refused = |options: &str| {
            let services = model::services(&pool(&does(options)).unwrap());
            format!("{:#}", services.err().unwrap())
        };
        assert!(refused("").contains("has no casebook.api.v1.access"));
        let access = |access: &str| format!("option (casebook.api.v1.access) = {{ {access} }};");
        assert!(refused(&access("act: READ_DATA")).contains("say its scope"));
        assert!(refused(&access("scope: SITE")).contains("a scope belongs to an act"));
        assert!(refused(&access("public: false")).contains("neither public, signed_in nor act"));
    }

    #[test]
    fn the_table_says_what_the_options_say() {
        let options = "option (casebook.api.v1.access) = { act: LOCK_DATA scope: STUDY }; \
                       option (casebook.api.v1.priority) = LIST; \
                       option idempotency_level = IDEMPOTENT;";
        let services = model::services(&pool(&does(options)).unwrap()).unwrap();
        let table = methods::generate(&services).unwrap();
        assert!(table.contains(r#"path: "/casebook.given.v1.Given/Do""#), "{table}");
        assert!(table.contains("Access::Act(crate::Act::LockData, Reach::Study)"), "{table}");
        assert!(table.contains("Repeat::Safe") && table.contains("Priority::List"), "{table}");
        let table = methods::generate(
            &super::tests::services(
                "// Does.\nrpc Do(Thing) returns (Thing) {\
            option (google.api.http) = { post: \"/v1/do\" body: \"*\" }; }",
            )
            .unwrap(),
        )
        .unwrap();
        assert!(table.contains("Repeat::Never") && table.contains("Priority::Save"), "{table}");
    }

    #[test]
    fn every_package_has_its_module() {
        let code = packages::generate(&pool("").unwrap(), Path::new("/nowhere")).unwrap();
        assert!(code.contains("pub mod given {") && code.contains("pub mod v1 {"), "{code}");
        assert!(!code.contains("casebook.api.v1"), "{code}");
    }

    #[test]
    fn a_template_that_no_route_would_honour_is_refused() {
        for template in ["/v1/{name=things/*}", "/v1/{name}x", "/v1/x{name}", "/v1//{name}", "v1"] {
            let refusal = refusal(&format!(
                "// Does.\nrpc Do(Thing) returns (Thing) {{ \
                 option (google.api.http) = {{ post: \"{template}\" body: \"*\" }}; }}"
            ));
            assert!(refusal.contains("casebook.given.v1.Given.Do"), "{template}: {refusal}");
        }
    }
}
