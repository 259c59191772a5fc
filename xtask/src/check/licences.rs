//! Licences, banned crates and sources of all dependencies, as deny.toml says.
//!
//! The file is one that cargo-deny understands as well, but this needs nothing installed. A key
//! that is not known here is an error, so the file never promises what is not checked.

use super::metadata::{Metadata, Package};
use crate::tree;
use anyhow::{Context, Result};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

const FILE: &str = "deny.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sources {
    unknown_registry: Always,
    unknown_git: Always,
    allow_registry: Vec<String>,
}

/// The only answer that is implemented.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Always {
    Deny,
}

/// Packages that the policy does not allow, and exceptions that nothing needs any more.
pub fn findings() -> Result<Vec<String>> {
    let policy: Policy = toml::from_str(&tree::read(FILE)?).context(FILE)?;
    policy.findings(&Metadata::read()?.packages)
}

impl Policy {
    fn findings(&self, packages: &[Package]) -> Result<Vec<String>> {
        let Sources { unknown_registry: Always::Deny, unknown_git: Always::Deny, .. } =
            self.sources;
        let allowed = licensees(&self.licenses.allow)?;
        let mut findings = Vec::new();
        for package in packages {
            let Package { name, version, .. } = package;
            if let Some(why) = self.licence_fault(package, &allowed)? {
                findings.push(format!("{name} {version}: {why}"));
            }
            if let Some(ban) = self.bans.deny.iter().find(|ban| ban.name == *name) {
                findings.push(format!("{name} {version} is banned: {}", ban.reason));
            }
            if let Some(source) = &package.source
                && !self.sources.allows(source)
            {
                findings.push(format!("{name} {version} comes from {source}"));
            }
        }
        let unused = |one: &&Exception| packages.iter().all(|package| package.name != one.name);
        let unused = self.licenses.exceptions.iter().filter(unused);
        findings.extend(unused.map(|one| format!("{FILE}: nobody uses {} any more", one.name)));
        Ok(findings)
    }

    fn licence_fault(&self, package: &Package, allowed: &[Licensee]) -> Result<Option<String>> {
        let Some(text) = &package.license else {
            return Ok(Some("states no licence".to_owned()));
        };
        let mut allowed = allowed.to_vec();
        let exceptions = self.licenses.exceptions.iter().filter(|one| one.name == package.name);
        for exception in exceptions {
            allowed.extend(licensees(&exception.allow)?);
        }
        let Ok(expression) = Expression::parse_mode(text, ParseMode::LAX) else {
            return Ok(Some(format!("its licence is not understood: {text}")));
        };
        let fits = expression.evaluate(|asked| allowed.iter().any(|one| one.satisfies(asked)));
        Ok((!fits).then(|| format!("its licence is not allowed: {text}")))
    }
}

impl Sources {
    fn allows(&self, source: &str) -> bool {
        let registry = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+"));
        registry.is_some_and(|url| self.allow_registry.iter().any(|allowed| allowed == url))
    }
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>> {
    let parse = |name: &String| {
        Licensee::parse(name).with_context(|| format!("{FILE}: {name} is not an SPDX licence"))
    };
    names.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT", "Apache-2.0 WITH LLVM-exception"]
        exceptions = [{ crate = "special", allow = ["Zlib"] }]
        [bans]
        deny = [{ crate = "openssl", reason = "rustls is used" }]
        [sources]
        unknown-registry = "deny"
        unknown-git = "deny"
        allow-registry = ["https://registry.example/index"]
    "#;

    fn package(name: &str, license: Option<&str>, source: &str) -> Package {
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: Some(source.to_owned()),
            dependencies: Vec::new(),
        }
    }

    fn found(name: &str, license: Option<&str>, source: &str) -> Vec<String> {
        let policy: Policy = toml::from_str(POLICY).unwrap();
        let special = package("special", Some("MIT OR Zlib"), REGISTRY);
        policy.findings(&[special, package(name, license, source)]).unwrap()
    }

    const REGISTRY: &str = "registry+https://registry.example/index";

    #[test]
    fn one_allowed_choice_is_enough() {
        assert_eq!(found("a", Some("GPL-3.0-only OR MIT"), REGISTRY), Vec::<String>::new());
        assert_eq!(found("a", Some("GPL-3.0/MIT"), REGISTRY), Vec::<String>::new());
    }

    #[test]
    fn every_joined_licence_must_be_allowed() {
        let found = found("a", Some("MIT AND GPL-3.0-only"), REGISTRY);
        assert_eq!(found, ["a 1.0.0: its licence is not allowed: MIT AND GPL-3.0-only"]);
    }

    #[test]
    fn a_package_without_a_licence_is_found() {
        assert_eq!(found("a", None, REGISTRY), ["a 1.0.0: states no licence"]);
    }

    #[test]
    fn an_exception_is_only_for_its_crate() {
        assert_eq!(found("special", Some("Zlib"), REGISTRY), Vec::<String>::new());
        assert_eq!(found("a", Some("Zlib"), REGISTRY).len(), 1);
    }

    #[test]
    fn banned_crates_and_other_sources_are_found() {
        let banned = found("openssl", Some("MIT"), REGISTRY);
        assert_eq!(banned, ["openssl 1.0.0 is banned: rustls is used"]);
        let elsewhere = found("a", Some("MIT"), "git+https://example.org/a");
        assert_eq!(elsewhere, ["a 1.0.0 comes from git+https://example.org/a"]);
    }

    #[test]
    fn a_key_that_is_not_checked_is_refused() {
        let more = POLICY.replace("[sources]", "[advisories]\n[sources]");
        assert!(toml::from_str::<Policy>(&more).is_err());
    }
}
