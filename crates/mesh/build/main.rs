//! Generates the client of the few calls of etcd that are used, and for the tests gRPC's own test
//! service. No protoc is needed.

use std::error::Error;

/// Each file, and whether its server is wanted too.
const CONTRACTS: [(&str, bool); 2] = [("proto/etcd.proto", false), ("proto/testing.proto", true)];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    for (file, with_server) in CONTRACTS {
        let descriptors = protox::compile([file], ["proto"])?;
        tonic_prost_build::configure()
            .build_server(with_server)
            .build_transport(false)
            .compile_fds(descriptors)?;
    }
    Ok(())
}
