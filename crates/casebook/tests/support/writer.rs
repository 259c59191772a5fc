//! One who saves records over HTTP, one after the other, and knows what was acknowledged.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    chance::Chance,
    client::{Answer, Client, Lost},
    study::{DERIVED, EVENTS, FORM, GROUP, ITEMS, ODD, STUDY, event, item, subject},
};

/// Writers who share a subject; each has forms of its own, so that only the journal is contended.
const SHARING: usize = 2;

/// Saves the records of some events of one subject; nobody else saves them.
#[derive(Debug)]
pub struct Writer {
    number: usize,
    chance: Chance,
    /// The version of each record that was acknowledged last.
    acknowledged: [u64; EVENTS],
    /// The event of a save to which no answer came, or a refusal.
    open: Option<usize>,
}

/// Why a writer stopped.
#[derive(Debug)]
pub enum Stop {
    Lost,
    Refused(Answer),
}

/// As many writers as that, on half as many subjects.
pub fn writers(count: usize, chance: &mut Chance) -> Vec<Writer> {
    let writer =
        |number| Writer { number, chance: chance.fork(), acknowledged: [0; EVENTS], open: None };
    (0..count).map(writer).collect()
}

/// The subjects that so many writers need.
pub fn subjects(writers: usize) -> usize {
    writers.div_ceil(SHARING)
}

impl Writer {
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.iter().sum()
    }

    /// Whether a save has had no answer yet, or was refused.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Saves until the connection is lost or a save is refused, and tells of each acknowledgement.
    pub async fn save_until_stopped(
        &mut self,
        address: SocketAddr,
        told: UnboundedSender<()>,
    ) -> Stop {
        let Ok(mut client) = Client::open(address).await else { return Stop::Lost };
        loop {
            match self.save_next(&mut client).await {
                Err(Lost) => return Stop::Lost,
                Ok(Some(refused)) => return Stop::Refused(refused),
                Ok(None) => _ = told.send(()),
            }
        }
    }

    /// Saves a record of its choice; the answer if it was refused.
    pub async fn save_next(&mut self, client: &mut Client) -> Result<Option<Answer>, Lost> {
        let mine: Vec<usize> = (self.number % SHARING..EVENTS).step_by(SHARING).collect();
        let event = mine[usize::try_from(self.chance.below(mine.len() as u64)).unwrap()];
        self.open = Some(event);
        self.send_open(client).await
    }

    /// Sends the save that is open once more, as it was; the answer if it was refused.
    pub async fn send_open(&mut self, client: &mut Client) -> Result<Option<Answer>, Lost> {
        let Some(event) = self.open else { return Ok(None) };
        let version = self.acknowledged[event] + 1;
        let answer = client.put(&self.path(event), &self.body(event, version)).await?;
        if answer.status != 200 {
            return Ok(Some(answer));
        }
        assert_eq!(answer.body["version"], version, "{answer:?}");
        self.acknowledged[event] = version;
        self.open = None;
        Ok(None)
    }

    /// Everything acknowledged is there, nothing is half there, and nothing is there twice. With
    /// `may_be_done`, a save that is open may be there as well.
    pub async fn check(&self, client: &mut Client, may_be_done: bool) {
        for number in (self.number % SHARING..EVENTS).step_by(SHARING) {
            let record = client.get(&self.path(number)).await.unwrap().expect_success();
            let version = whole_version(&record);
            let acknowledged = self.acknowledged[number];
            let open = u64::from(may_be_done && self.open == Some(number));
            let place = (self.number, number);
            assert!((acknowledged..=acknowledged + open).contains(&version), "{place:?} {record}");
            self.check_history(client, number, version).await;
            if acknowledged > 0 {
                self.repeat(client, number, version).await;
            }
        }
    }

    /// The journal tells of each save once, in order.
    async fn check_history(&self, client: &mut Client, event: usize, version: u64) {
        let of = format!("itemGroupOid={GROUP}&itemGroupRepeatKey=1&itemOid={}", item(7));
        let path = format!("{}/history?{of}", self.path(event));
        let history = client.get(&path).await.unwrap().expect_success();
        let lines = history["entries"].as_array().into_iter().flatten();
        let values: Vec<u64> = lines.map(|line| number(&line["newValue"])).collect();
        assert_eq!(values, (1..=version).collect::<Vec<_>>());
    }

    /// A save that was acknowledged and comes again changes nothing.
    async fn repeat(&self, client: &mut Client, event: usize, version: u64) {
        let body = self.body(event, self.acknowledged[event]);
        let repeated = client.put(&self.path(event), &body).await.unwrap().expect_success();
        assert_eq!(repeated["version"], version, "{repeated}");
        assert!(repeated["changes"].as_array().is_none_or(Vec::is_empty), "{repeated}");
    }

    fn path(&self, number: usize) -> String {
        record_path(&subject(self.number / SHARING), number)
    }

    fn body(&self, event: usize, version: u64) -> Value {
        let id = format!("{}.{event}.{version}", self.number);
        save(&id, version - 1, version)
    }
}

/// The address of a record.
pub fn record_path(subject: &str, number: usize) -> String {
    format!("/v1/studies/{STUDY}/subjects/{subject}/events/{}/1/forms/{FORM}/1", event(number))
}

/// A save that gives all items the same number.
pub fn save(request: &str, seen_version: u64, value: u64) -> Value {
    let entry = |number| {
        json!({
            "itemGroupOid": GROUP, "itemGroupRepeatKey": "1",
            "itemOid": item(number), "value": value.to_string(),
        })
    };
    let values: Vec<Value> = (1..=ITEMS).map(entry).collect();
    json!({
        "requestId": request, "seenVersion": seen_version, "complete": true,
        "reason": "counted again", "values": values,
    })
}

/// The version of a record, after it was shown that everything in it is of one save.
pub fn whole_version(record: &Value) -> u64 {
    let version = record["version"].as_u64().unwrap_or(0);
    let groups = record["itemGroups"].as_array().into_iter().flatten();
    let items: Vec<&Value> = groups.flat_map(|group| group["items"].as_array().unwrap()).collect();
    if version == 0 {
        assert!(items.is_empty(), "{record}");
        return 0;
    }
    assert_eq!(items.len(), ITEMS + 1, "{record}");
    for one in items {
        let wanted = if one["itemOid"] == DERIVED { 2 * version } else { version };
        assert_eq!(number(&one["value"]), wanted, "{record}");
    }
    let queries = record["queries"].as_array().map_or(0, Vec::len);
    assert_eq!(queries, usize::from(ODD.contains(&version)), "{record}");
    version
}

fn number(value: &Value) -> u64 {
    value["value"].as_str().unwrap().parse().unwrap()
}
