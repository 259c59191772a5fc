//! The tables of the peer, as many clinical databases have them: a row for each form, a row for
//! each item, an audit row for each change.

use std::{collections::HashMap, path::Path, sync::Arc};

use anyhow::Result;
use kernel::{DataType, canonical};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::study::{DERIVED, ITEMS, item_oid};

const SCHEMA: &str = "
CREATE TABLE form_record (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL, event TEXT NOT NULL, form TEXT NOT NULL,
  version INTEGER NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
  updated_by TEXT, updated_at INTEGER);
CREATE UNIQUE INDEX form_record_place ON form_record (subject, event, form);
CREATE TABLE item_data (
  id INTEGER PRIMARY KEY, record INTEGER NOT NULL, item TEXT NOT NULL, value TEXT,
  created_by TEXT NOT NULL, created_at INTEGER NOT NULL, updated_by TEXT, updated_at INTEGER);
CREATE UNIQUE INDEX item_data_place ON item_data (record, item);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, user TEXT NOT NULL, record INTEGER NOT NULL,
  item TEXT NOT NULL, old_value TEXT, new_value TEXT, reason TEXT);
CREATE INDEX audit_record ON audit (record, item);
CREATE TABLE finding (
  record INTEGER NOT NULL, rule TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (record, rule)) WITHOUT ROWID;";

/// One save of one form.
#[derive(Debug)]
pub struct Save {
    pub subject: String,
    pub event: String,
    pub form: String,
    pub seen_version: i64,
    pub reason: Option<String>,
    pub values: Vec<(String, String)>,
}

/// An item and its canonical value.
type Typed = (String, Arc<str>);

#[derive(Debug)]
pub enum Saved {
    Version(i64),
    Stale,
    /// The item whose text is not of its type.
    NotAValue(String),
}

/// The database of the peer.
#[derive(Debug)]
pub struct Rows {
    connection: Connection,
    types: HashMap<String, DataType>,
}

impl Rows {
    /// Makes a new database, as durable as the other: WAL, synchronous = FULL.
    pub fn open(file: &Path) -> Result<Self> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;",
        )?;
        connection.execute_batch(SCHEMA)?;
        connection.set_prepared_statement_cache_capacity(64);
        let types = ITEMS.iter().map(|(name, kind, _)| (item_oid(name), *kind)).collect();
        Ok(Self { connection, types })
    }

    /// Saves a form in one transaction.
    pub fn save(&mut self, save: &Save) -> Result<Saved> {
        let mut typed = Vec::with_capacity(save.values.len() + 1);
        for (item, text) in &save.values {
            let kind = self.types.get(item).copied().unwrap_or(DataType::Text);
            match canonical(kind, text) {
                Ok(text) => typed.push((item.clone(), text)),
                Err(_) => return Ok(Saved::NotAValue(item.clone())),
            }
        }
        typed.extend(body_mass_index(&typed));
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let saved = write(&transaction, save, &typed)?;
        transaction.commit()?;
        Ok(saved)
    }
}

fn write(transaction: &Transaction<'_>, save: &Save, typed: &[Typed]) -> Result<Saved> {
    let (user, at) = (crate::fill::USER, 1_770_000_000_000_i64);
    let found: Option<(i64, i64)> = transaction
        .prepare_cached(
            "SELECT id, version FROM form_record WHERE subject = ?1 AND event = ?2 AND form = ?3",
        )?
        .query_row(params![save.subject, save.event, save.form], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let version = found.map_or(0, |(_, version)| version);
    if version != save.seen_version {
        return Ok(Saved::Stale);
    }
    let record = if let Some((record, _)) = found {
        transaction
            .prepare_cached(
                "UPDATE form_record SET version = ?2, updated_by = ?3, updated_at = ?4 WHERE id = ?1",
            )?
            .execute(params![record, version + 1, user, at])?;
        record
    } else {
        transaction
            .prepare_cached(
                "INSERT INTO form_record (subject, event, form, version, created_by, created_at)
                 VALUES (?1, ?2, ?3, 1, ?4, ?5)",
            )?
            .execute(params![save.subject, save.event, save.form, user, at])?;
        transaction.last_insert_rowid()
    };
    for (item, value) in typed {
        write_item(transaction, record, version > 0, (item, value), save.reason.as_deref())?;
    }
    check(transaction, record, typed)?;
    Ok(Saved::Version(version + 1))
}

fn write_item(
    transaction: &Transaction<'_>,
    record: i64,
    exists: bool,
    (item, value): (&str, &str),
    reason: Option<&str>,
) -> Result<()> {
    let (user, at) = (crate::fill::USER, 1_770_000_000_000_i64);
    let found: Option<(i64, String)> = if exists {
        transaction
            .prepare_cached("SELECT id, value FROM item_data WHERE record = ?1 AND item = ?2")?
            .query_row(params![record, item], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
    } else {
        None
    };
    if let Some((id, _)) = &found {
        transaction
            .prepare_cached(
                "UPDATE item_data SET value = ?2, updated_by = ?3, updated_at = ?4 WHERE id = ?1",
            )?
            .execute(params![id, value, user, at])?;
    } else {
        transaction
            .prepare_cached(
                "INSERT INTO item_data (record, item, value, created_by, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![record, item, value, user, at])?;
    }
    let old = found.map(|(_, old)| old);
    transaction
        .prepare_cached(
            "INSERT INTO audit (at, user, record, item, old_value, new_value, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![at, user, record, item, old, value, reason])?;
    Ok(())
}

fn number(typed: &[Typed], name: &str) -> Option<f64> {
    let oid = item_oid(name);
    typed.iter().find(|(item, _)| *item == oid)?.1.parse().ok()
}

fn body_mass_index(typed: &[Typed]) -> Option<Typed> {
    let (height, weight) = (number(typed, "HEIGHT")?, number(typed, "WEIGHT")?);
    Some((item_oid(DERIVED), format!("{:.1}", 703.0 * weight / (height * height)).into()))
}

/// The six checks, on what was sent.
fn check(transaction: &Transaction<'_>, record: i64, typed: &[Typed]) -> Result<()> {
    let within = |name: &str, low: f64, high: f64| {
        number(typed, name).is_none_or(|value| (low..=high).contains(&value))
    };
    let pair = |one: &str, two: &str, holds: fn(f64, f64) -> bool| match (
        number(typed, one),
        number(typed, two),
    ) {
        (Some(one), Some(two)) => holds(one, two),
        _ => true,
    };
    let checks = [
        ("HEIGHT", within("HEIGHT", 45.0, 85.0)),
        ("WEIGHT", within("WEIGHT", 70.0, 400.0)),
        ("TEMP", within("TEMP", 92.0, 108.0)),
        ("PULSE", within("PUL1", 30.0, 200.0)),
        ("PRESSURE", pair("SYS1", "DIA1", |one, two| one > two)),
        ("STEADY", pair("SYS1", "SYS3", |one, two| (one - two).abs() < 120.0)),
    ];
    for (rule, _) in checks.iter().filter(|(_, holds)| !holds) {
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO finding (record, rule, at) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![record, rule, 1_770_000_000_000_i64])?;
    }
    Ok(())
}
