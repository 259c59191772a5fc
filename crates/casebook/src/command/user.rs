//! `casebook user`: adds, lists and resets users.

use std::process::ExitCode;

use anyhow::{Result, bail};
use contract::{Grant, Role};
use identity::{AddUser, DatedGrant, Password};

use crate::{
    assembly::{Assembly, fill_random, now, terminal},
    cli::{Place, User},
    config::Config,
};

/// Users that are listed at a time.
const PAGE: u32 = 200;

pub async fn run(args: User) -> Result<ExitCode> {
    match args {
        User::Add { place, name, full_name, roles } => add(&place, name, full_name, &roles).await?,
        User::List { place, json } => list(&place, json).await?,
        User::Reset { place, name } => reset(&place, &name).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(
    place: &Place,
    name: String,
    full_name: Option<String>,
    roles: &[String],
) -> Result<()> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    let grants = roles.iter().map(|role| grant(role)).collect::<Result<Vec<_>>>()?;
    let (password, made) = password();
    let request = AddUser {
        full_name: full_name.unwrap_or_else(|| name.clone()),
        name: name.clone(),
        password: Password::new(password.clone()),
        grants,
    };
    assembly.identity.add_user(&terminal(false), request).await?;
    println!("added {name}{}", if made { format!(", password {password}") } else { String::new() });
    Ok(())
}

async fn reset(place: &Place, name: &str) -> Result<()> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    let (password, made) = password();
    let context = terminal(false);
    assembly.identity.reset_password(&context, name, Password::new(password.clone())).await?;
    println!("reset {name}{}", if made { format!(", password {password}") } else { String::new() });
    Ok(())
}

async fn list(place: &Place, json: bool) -> Result<()> {
    let assembly = Assembly::open(&Config::new(place, None)?).await?;
    let mut after: Option<String> = None;
    loop {
        let page = assembly.identity.list_users(&terminal(false), after.as_deref(), PAGE).await?;
        for user in &page.users {
            if json {
                println!("{}", serde_json::to_string(user)?);
                continue;
            }
            let roles: Vec<String> = user.grants.iter().map(|one| said(&one.grant)).collect();
            let state = if user.disabled { " (disabled)" } else { "" };
            println!("{:<16} {:<24} {}{state}", user.name, user.full_name, roles.join(", "));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// `role`, `role@study` or `role@study/site`, in force from now on.
pub fn grant(text: &str) -> Result<DatedGrant> {
    let (role, place) = match text.split_once('@') {
        Some((role, place)) => (role, Some(place)),
        None => (text, None),
    };
    let role: Role = role.parse()?;
    let (study, site) = match place.map(|place| place.split_once('/').unwrap_or((place, ""))) {
        None => (None, None),
        Some(("", _)) => bail!("'{text}' names no study after the @"),
        Some((study, "")) => (Some(study.to_owned()), None),
        Some((study, site)) => (Some(study.to_owned()), Some(site.to_owned())),
    };
    let grant = Grant { role, study, site };
    Ok(DatedGrant { grant, from_ms: now().as_millisecond(), until_ms: None })
}

fn said(grant: &Grant) -> String {
    match (&grant.study, &grant.site) {
        (None, _) => grant.role.to_string(),
        (Some(study), None) => format!("{}@{study}", grant.role),
        (Some(study), Some(site)) => format!("{}@{study}/{site}", grant.role),
    }
}

/// The password from the environment, else a new one; whether it is new.
fn password() -> (String, bool) {
    match std::env::var("CASEBOOK_PASSWORD") {
        Ok(password) if !password.is_empty() => (password, false),
        _ => (new_password(), true),
    }
}

/// Sixteen letters and digits that cannot be mistaken for each other: 80 bits.
pub fn new_password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 16];
    fill_random(&mut random);
    random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
