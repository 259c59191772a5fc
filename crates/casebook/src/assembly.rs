//! What the commands are put together from.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use contract::{Caller, Context};
use ed25519_dalek::SigningKey;
use edc::{
    Dictionaries, Edc, FileFolder, JobFolder,
    proof::{KnownCheckpoint, ReadCheckpoint},
};
use gateway::HttpsClient;
use identity::{Http, HttpError, Identity, NoHttp, Parts};
use jiff::Timestamp;
use mesh::{Chance, Clock, RuntimeClock, SplitMix};
use portfolio::{Names, Portfolio};
use store::{Postgres, Sqlite, SqliteOptions, Store};

use crate::{config::Config, layout, outbox::Outbox};

/// The name of the database in the data folder.
pub const DATABASE: &str = "casebook.db";
/// The name of the key that signs checkpoints.
const SIGNING_KEY: &str = "checkpoint.key";
/// The last checkpoint: the next one names it, and casebooks are found in it.
pub const LAST_CHECKPOINT: &str = "checkpoint.last";
/// How much of the database is mapped for a scan; what is beyond is read as usual.
const SCANNED_MIB: u32 = 64 * 1024;
/// The name of the key from which second factors follow.
const IDENTITY_KEY: &str = "identity.key";
/// The name of the folder with the files of jobs.
const JOBS: &str = "jobs";
/// The folder of attached files, in the data folder.
const FILES: &str = "files";
/// The name of the folder with messages to be sent.
const OUTBOX: &str = "outbox";

/// An opened data folder.
pub struct Assembly {
    pub data: PathBuf,
    pub store: Arc<dyn Store>,
    pub edc: Arc<Edc>,
    pub identity: Arc<Identity>,
    pub portfolio: Arc<Portfolio>,
}

impl Assembly {
    /// Opens, or makes, the folder and everything in it.
    pub async fn open(config: &Config) -> Result<Self> {
        Self::of(config, open_store(config, &SqliteOptions::default()).await?)
    }

    /// The same for a command that reads all of it once, the views if it is told so.
    pub async fn open_to_scan(config: &Config, views: bool) -> Result<Self> {
        let options = SqliteOptions { mapped_mib: SCANNED_MIB, ..SqliteOptions::default() };
        let store = if views {
            open_store(config, &options).await?
        } else {
            open_any(config, &options).await?
        };
        Self::of(config, store)
    }

    /// The same for a command that makes the views anew.
    pub async fn open_to_rebuild(config: &Config) -> Result<Self> {
        Self::of(config, open_any(config, &SqliteOptions::default()).await?)
    }

    fn of(config: &Config, store: Arc<dyn Store>) -> Result<Self> {
        let identity = Arc::new(identity(config, &store)?);
        let known: Arc<dyn contract::identity::v1::Identity> = Arc::clone(&identity) as _;
        Ok(Self {
            data: config.data.clone(),
            edc: Arc::new(edc(
                config,
                &store,
                Arc::clone(&known),
                Arc::new(RuntimeClock),
                chance(),
            )?),
            identity,
            portfolio: Arc::new(portfolio(&store, known, Arc::new(RuntimeClock), chance())),
            store,
        })
    }

    /// The key that signs checkpoints; made when there is none.
    pub fn signing_key(&self) -> Result<SigningKey> {
        if let Some(key) = self.present_signing_key()? {
            return Ok(key);
        }
        let mut bytes = [0; 32];
        fill_random(&mut bytes);
        write_private(&self.data.join(SIGNING_KEY), &bytes)?;
        Ok(SigningKey::from_bytes(&bytes))
    }

    /// The key that signs checkpoints, if there is one.
    pub fn present_signing_key(&self) -> Result<Option<SigningKey>> {
        present_signing_key(&self.data)
    }
}

/// The service of casebooks, with what it asks of the identity service, a folder for what runs as a
/// job, and the last checkpoint of the data folder.
pub fn edc(
    config: &Config,
    store: &Arc<dyn Store>,
    identity: Arc<dyn contract::identity::v1::Identity>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Result<Edc> {
    let folder = config.jobs.folder.clone().unwrap_or_else(|| config.data.join(JOBS));
    let jobs = JobFolder::open(&folder, &new_id());
    let jobs = jobs.with_context(|| format!("cannot use {} for jobs", folder.display()))?;
    let folder = files_folder(config);
    let files = FileFolder::open(&folder);
    let files = files.with_context(|| format!("cannot use {} for files", folder.display()))?;
    let edc = Edc::new(Arc::clone(store), Arc::new(now)).with_identity(identity);
    Ok(edc
        .with_dictionaries(Dictionaries::new(clock, chance))
        .with_jobs(Arc::new(jobs))
        .with_files(Arc::new(files))
        .with_last_checkpoint(last_checkpoint(&config.data)))
}

/// Where files that are attached to items are.
pub fn files_folder(config: &Config) -> PathBuf {
    config.files.folder.clone().unwrap_or_else(|| config.data.join(FILES))
}

fn present_signing_key(data: &Path) -> Result<Option<SigningKey>> {
    let path = data.join(SIGNING_KEY);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("{} is not a key of 32 bytes", path.display()))?;
    Ok(Some(SigningKey::from_bytes(&bytes)))
}

/// Reads the last checkpoint of a data folder, and the key that signs checkpoints there.
fn last_checkpoint(data: &Path) -> ReadCheckpoint {
    let data = data.to_owned();
    Arc::new(move || {
        let file = data.join(LAST_CHECKPOINT);
        let text = match fs::read_to_string(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let key = present_signing_key(&data).map_err(io::Error::other)?;
        let key = key.map(|key| key.verifying_key().to_bytes());
        Ok(key.map(|trusted_key| KnownCheckpoint { text, trusted_key }))
    })
}

/// The portfolio service, with names from the identity service.
pub fn portfolio(
    store: &Arc<dyn Store>,
    identity: Arc<dyn contract::identity::v1::Identity>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
) -> Portfolio {
    let names = Names::new(identity, clock, chance);
    Portfolio::new(Arc::clone(store), Arc::new(now)).with_names(names)
}

/// Chance for what need not be secret.
pub fn chance() -> Arc<dyn Chance> {
    let mut bytes = [0; 8];
    fill_random(&mut bytes);
    Arc::new(SplitMix::seeded(u64::from_le_bytes(bytes)))
}

/// Opens, or makes, the records, if their views are in the layout of this program.
pub async fn open_store(config: &Config, options: &SqliteOptions) -> Result<Arc<dyn Store>> {
    let store = open_any(config, options).await?;
    layout::check(&store).await?;
    Ok(store)
}

/// Opens, or makes, the records, whatever the layout of their views.
async fn open_any(config: &Config, options: &SqliteOptions) -> Result<Arc<dyn Store>> {
    make_private_folder(&config.data)?;
    if let Some(url) = &config.database {
        return Ok(Arc::new(Postgres::connect(url).await.context("cannot open the database")?));
    }
    let file = config.data.join(DATABASE);
    let opened = Sqlite::open_with(&file, options);
    Ok(Arc::new(opened.with_context(|| format!("cannot open {}", file.display()))?))
}

/// The identity service of the settings.
pub fn identity(config: &Config, store: &Arc<dyn Store>) -> Result<Identity> {
    let http: Arc<dyn Http> = if config.identity.oidc.is_empty() {
        Arc::new(NoHttp)
    } else {
        Arc::new(Https(HttpsClient::new().context("cannot read the roots of trust for TLS")?))
    };
    let outbox = Outbox::new(config.data.join(OUTBOX), config.identity.mail_from.clone());
    Ok(Identity::of(Parts {
        store: Arc::clone(store),
        clock: Arc::new(now),
        random: Arc::new(fill_random),
        settings: config.identity.settings()?,
        key: key(&config.data.join(IDENTITY_KEY))?,
        mail: Arc::new(outbox),
        http,
    }))
}

/// Asks OpenID providers.
struct Https(HttpsClient);

#[async_trait::async_trait]
impl Http for Https {
    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        self.0.send(request).await.map_err(HttpError)
    }
}

/// The key in a file; made when there is none.
pub fn key(path: &Path) -> Result<[u8; 32]> {
    if path.exists() {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bytes: Result<[u8; 32], _> = bytes.try_into();
        return bytes.map_err(|_| anyhow::anyhow!("{} is not a key of 32 bytes", path.display()));
    }
    let mut bytes = [0; 32];
    fill_random(&mut bytes);
    write_private(path, &bytes)?;
    Ok(bytes)
}

/// The context of a command at the terminal: the program acts for the one who started it.
pub fn terminal(unblinded: bool) -> Context {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    let mut caller = Caller::system("casebook");
    caller.on_behalf_of = user.ok().filter(|user| !user.is_empty());
    if unblinded {
        let role = contract::Role::Pharmacist;
        caller.grants.push(contract::Grant { role, study: None, site: None });
    }
    Context::new(caller, "system", new_id())
}

/// The real time, cut to milliseconds: what is written down is what is kept.
#[expect(clippy::disallowed_methods, reason = "the only place that makes a real clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Randomness of the operating system.
pub fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has randomness");
}

/// A new ULID in text.
pub fn new_id() -> String {
    let mut random = [0; 16];
    fill_random(&mut random);
    let at_ms = u64::try_from(now().as_millisecond()).unwrap_or_default();
    ulid::Ulid::from_parts(at_ms, u128::from_be_bytes(random)).to_string()
}

pub fn make_private_folder(path: &Path) -> Result<()> {
    let existed = path.exists();
    fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    #[cfg(unix)]
    if !existed {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    std::io::Write::write_all(&mut options.open(path)?, bytes)?;
    Ok(())
}
