//! The keys by which processes believe each other.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result};
use ed25519_dalek::{SigningKey, VerifyingKey};

use super::Settings;
use crate::{assembly::key, command::public_key};

/// The name of the key in the data folder.
const FILE: &str = "cluster.key";

/// The key with which this process signs; made when there is none.
pub fn own_key(settings: &Settings, data: &Path) -> Result<SigningKey> {
    let file = settings.key.clone().unwrap_or_else(|| data.join(FILE));
    Ok(SigningKey::from_bytes(&key(&file)?))
}

/// The keys that are believed, each with the name of its owner.
pub fn trusted(named: &BTreeMap<String, Vec<String>>) -> Result<Vec<(String, VerifyingKey)>> {
    let pairs = named.iter().flat_map(|(name, keys)| keys.iter().map(move |key| (name, key)));
    pairs
        .map(|(name, text)| {
            let place = || format!("in cluster.trusted.{name}");
            let bytes = public_key::read(text).with_context(place)?;
            Ok((name.clone(), VerifyingKey::from_bytes(&bytes).with_context(place)?))
        })
        .collect()
}
