//! Log-in with a real OpenID provider: oidc-provider (npm), which is certified, run by node.

use crate::world::{PASSWORD, World, anonymous, reason};
use async_trait::async_trait;
use contract::identity::v1 as p;
use gateway::HttpsClient;
use http::{Request, Response, header};
use identity::{Http, HttpError, OidcProvider, Settings};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

const FILES: [&str; 3] = ["package.json", "package-lock.json", "provider.mjs"];
const REDIRECT: &str = "http://127.0.0.1:8080/oidc/callback";
const MOST_STEPS: usize = 20;

/// A provider in a process of its own; it ends when this is dropped.
struct Provider {
    issuer: String,
    process: Child,
    alive: Option<ChildStdin>,
    /// What it says stays open: a program that cannot say anything more would end.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    fn start() -> Self {
        let folder = installed();
        let mut command = Command::new("node");
        command.arg("provider.mjs").arg(REDIRECT).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("this test needs node and npm");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = lines.find(|line| line.as_ref().unwrap().starts_with("http://"));
        let alive = process.stdin.take();
        Self { issuer: issuer.unwrap().unwrap(), process, alive, _said: lines }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.alive.take());
        let _ = self.process.wait();
    }
}

/// The folder with the provider's program, installed from the lock file once per build folder.
fn installed() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/service/provider");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    fs::create_dir_all(&folder).unwrap();
    let lock = |folder: &Path| fs::read(folder.join("installed.json")).unwrap_or_default();
    let wanted = fs::read(source.join("package-lock.json")).unwrap();
    for file in FILES {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    if lock(&folder) != wanted {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        let output = npm.output().expect("this test needs node and npm");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::write(folder.join("installed.json"), wanted).unwrap();
    }
    folder
}

#[derive(Clone)]
struct Client(HttpsClient);

#[async_trait]
impl Http for Client {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        self.0.send(request).await.map_err(HttpError)
    }
}

/// A person in front of a browser: follows redirects, keeps cookies, fills in the forms.
struct Browser {
    client: Client,
    issuer: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    async fn ask(&mut self, method: &str, url: &str, form: &str) -> Response<Vec<u8>> {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::COOKIE, cookies)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.as_bytes().to_vec())
            .unwrap();
        let response = self.client.send(request).await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// Logs in as somebody there; answers the code and state with which the provider sends back.
    async fn log_in(&mut self, url: &str, account: &str) -> BTreeMap<String, String> {
        let mut url = url.to_owned();
        let mut response = self.ask("GET", &url, "").await;
        for _ in 0..MOST_STEPS {
            if let Some(place) = response.headers().get(header::LOCATION) {
                let place = place.to_str().unwrap().to_owned();
                if let Some(query) = place.strip_prefix(REDIRECT) {
                    let pairs = query.trim_start_matches('?').split('&');
                    let pairs = pairs.map(|pair| pair.split_once('=').unwrap());
                    return pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                }
                url = if place.starts_with('/') { self.issuer.clone() + &place } else { place };
                response = self.ask("GET", &url, "").await;
                continue;
            }
            let page = String::from_utf8(response.body().clone()).unwrap();
            let form = if page.contains(r#"value="login""#) {
                format!("prompt=login&login={account}&password=any")
            } else {
                assert!(page.contains(r#"value="consent""#), "{url}: {page}");
                "prompt=consent".to_owned()
            };
            response = self.ask("POST", &url, &form).await;
        }
        panic!("the provider never sends back");
    }
}

struct Test {
    world: World,
    browser: Browser,
    _provider: Provider,
}

async fn test() -> Test {
    let provider = Provider::start();
    let client = Client(HttpsClient::new().unwrap());
    let settings = Settings {
        hashing: identity::Hashing { memory_kib: 8, passes: 1, lanes: 1 },
        oidc_providers: vec![OidcProvider {
            id: "clinic".to_owned(),
            display_name: "The clinic".to_owned(),
            issuer: provider.issuer.clone(),
            client_id: "casebook".to_owned(),
            client_secret: Some("a secret of the test, long enough for hs256".to_owned()),
        }],
        ..Settings::default()
    };
    let world = World::on_sqlite_with(settings, Arc::new(client.clone())).await;
    // The provider has the real time.
    #[expect(clippy::disallowed_methods, reason = "the time of another process")]
    let now = jiff::Timestamp::now();
    world.clock.set(&now.to_string());
    let issuer = provider.issuer.clone();
    let browser = Browser { client, issuer, cookies: BTreeMap::new() };
    Test { world, browser, _provider: provider }
}

fn finish(sent: &BTreeMap<String, String>, flow_secret: &str) -> p::FinishOidcRequest {
    p::FinishOidcRequest {
        state: sent["state"].clone(),
        code: sent["code"].clone(),
        flow_secret: flow_secret.to_owned(),
    }
}

impl Test {
    /// Begins a log-in and goes through the provider's pages.
    async fn visit_the_provider(&mut self, account: &str) -> p::FinishOidcRequest {
        let request = p::StartOidcLogInRequest { provider_id: "clinic".to_owned() };
        let started = self.world.service.start_oidc_log_in(&anonymous(), request).await.unwrap();
        for part in ["code_challenge_method=S256", "nonce=", "state=", "response_type=code"] {
            assert!(started.authorization_url.contains(part), "{part}");
        }
        let sent = self.browser.log_in(&started.authorization_url, account).await;
        finish(&sent, &started.flow_secret)
    }

    async fn finish(
        &self,
        request: p::FinishOidcRequest,
    ) -> Result<p::FinishOidcResponse, contract::Error> {
        self.world.service.finish_oidc(&anonymous(), request).await
    }

    /// Links the account of a user with one at the provider.
    async fn link(&mut self, name: &str, account: &str) -> Result<bool, contract::Error> {
        let context = self.world.session(name).await;
        let request = p::StartOidcLinkRequest { provider_id: "clinic".to_owned() };
        let started = self.world.service.start_oidc_link(&context, request).await.unwrap();
        self.browser.cookies.clear();
        let sent = self.browser.log_in(&started.authorization_url, account).await;
        self.finish(finish(&sent, &started.flow_secret)).await.map(|answer| answer.linked)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_linked_his_account_logs_in_with_the_provider() {
    let mut test = test().await;
    test.world.add("one", &[]).await;
    let stranger = test.visit_the_provider("alice").await;
    assert_eq!(reason(test.finish(stranger).await), "NOT_LINKED");

    assert!(test.link("one", "alice").await.unwrap());
    let request = test.visit_the_provider("alice").await;
    let answer = test.finish(request.clone()).await.unwrap().log_in.unwrap();
    assert_eq!(answer.session.unwrap().method, "oidc:clinic");
    assert_eq!(answer.user.unwrap().username, "one");
    assert_eq!(test.world.bearer(&answer.token).await.unwrap().caller.user, "one");
    assert_eq!(reason(test.finish(request).await), "UNAUTHENTICATED", "a state is good once");

    test.world.add("two", &[]).await;
    assert_eq!(reason(test.link("two", "alice").await), "LINK_TAKEN");
    let one = test.world.session("one").await;
    let unlink = p::UnlinkOidcRequest { provider_id: "clinic".to_owned() };
    test.world.service.unlink_oidc(&one, unlink).await.unwrap();
    let request = test.visit_the_provider("alice").await;
    assert_eq!(reason(test.finish(request).await), "NOT_LINKED");
    assert_eq!(test.world.identity.verify_views().await.unwrap().faults_total, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_has_begun_or_what_was_changed_on_its_way_is_refused() {
    let mut test = test().await;
    test.world.add("one", &[]).await;
    assert!(test.link("one", "alice").await.unwrap());
    let right = test.visit_the_provider("alice").await;
    let other_secret = p::FinishOidcRequest { flow_secret: "0".repeat(64), ..right };
    assert_eq!(reason(test.finish(other_secret).await), "UNAUTHENTICATED");
    let right = test.visit_the_provider("alice").await;
    let other_state = p::FinishOidcRequest { state: "0".repeat(64), ..right };
    assert_eq!(reason(test.finish(other_state).await), "UNAUTHENTICATED");
    let right = test.visit_the_provider("alice").await;
    let other_code = p::FinishOidcRequest { code: "forged".to_owned(), ..right };
    assert_eq!(reason(test.finish(other_code).await), "UNAUTHENTICATED");

    // A code that was issued to another flow: its verifier and nonce are not those of this one.
    let (first, second) =
        (test.visit_the_provider("alice").await, test.visit_the_provider("alice").await);
    let mixed = p::FinishOidcRequest { code: first.code, ..second };
    assert_eq!(reason(test.finish(mixed).await), "UNAUTHENTICATED");

    let right = test.visit_the_provider("alice").await;
    test.world.wait(600);
    assert_eq!(reason(test.finish(right).await), "UNAUTHENTICATED", "too late");
    assert!(test.world.log_in("one", PASSWORD, None).await.is_ok());
}
