//! A channel and what discovery says.

mod support;

use mesh::Channel;
use support::options;

/// What discovery says while the channel is being made is not lost, on whichever thread it is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_channel_hears_what_is_said_while_it_is_made() {
    let made = || Channel::new("echo", &Prompt, options()).unwrap();
    let channels: Vec<Channel> = std::iter::repeat_with(made).take(2_000).collect();
    let heard = || async { channels.iter().all(|channel| !channel.endpoints().is_empty()) };
    support::until("it is heard", heard).await;
}

/// Discovery that finds at once, on another thread.
#[derive(Debug)]
struct Prompt;

impl mesh::Discovery for Prompt {
    fn endpoints(&self, _: &str) -> mesh::discovery::Endpoints {
        let (known, endpoints) = tokio::sync::watch::channel(None);
        tokio::spawn(async move {
            known.send_replace(Some(["127.0.0.1:1".to_owned()].into()));
            known.closed().await;
        });
        endpoints
    }
}
