//! What the tests of the mesh share: servers of gRPC's test service, a real etcd, peers in Go.
#![expect(clippy::unwrap_used, reason = "a test that cannot begin fails")]
#![allow(dead_code, reason = "each test uses a part")]

pub mod echo;
pub mod etcd;

use std::{future::Future, sync::Arc, time::Duration};

use mesh::{MethodPolicy, Options, RuntimeClock, SplitMix};

/// The generated messages of gRPC's test service.
#[expect(clippy::pedantic, reason = "generated")]
pub mod pb {
    tonic::include_proto!("grpc.testing");
}

pub const UNARY: &str = "/grpc.testing.TestService/UnaryCall";

pub fn options() -> Options {
    Options::new(Arc::new(RuntimeClock), Arc::new(SplitMix::seeded(1)))
}

/// The unary method may be repeated; the stream may not.
pub fn safe(path: &str) -> MethodPolicy {
    MethodPolicy { safe_to_repeat: path == UNARY, ..MethodPolicy::default() }
}

/// Waits until something is so, for half a minute at most.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    assert!(done.is_ok(), "waited in vain until {what}");
}
