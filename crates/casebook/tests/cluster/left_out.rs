//! What can be done without is left out of an answer, and that is said; of a write nothing is.

use serde_json::json;

use crate::{
    client::{Answer, Client},
    study::PASSWORD,
    world::{World, await_ready, readyz},
};

const STAFF: &str = "/v1/portfolio/studies/S2/staff";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_staff_without_names_says_so_in_a_header_and_a_field() {
    let world = World::new().await;
    let place = world.place("setup");
    for (name, full_name) in [("ada", "Ada Lovelace"), ("eve", "Eva Meier")] {
        let words = ["user", "add", name, "--full-name", full_name, "--role", "administrator"];
        let mut add = place.command(&words);
        assert!(add.env("CASEBOOK_PASSWORD", PASSWORD).output().unwrap().status.success());
    }
    let identity = world.start("identity");
    let edc = world.start("edc");
    let settings = |name: &str, identity: &str, portfolio: &str| {
        let file = world.folder.path().join(name);
        let key = world.folder.path().join("cluster.key").display().to_string();
        let text = format!(
            "[cluster]\nkey = '{key}'\n[cluster.services]\nidentity = ['{identity}']\n\
             portfolio = ['{portfolio}']\nedc = ['{}']\n",
            edc.address
        );
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let at = identity.address.to_string();
    // The one sees the identity service, for the other its network is cut.
    let whole = settings("whole.toml", &at, "127.0.0.1:1");
    let whole = world.start_with("portfolio", "127.0.0.1:0", &whole);
    let cut_off = settings("cut-off.toml", "127.0.0.1:1", "127.0.0.1:1");
    let cut_off = world.start_with("portfolio", "127.0.0.1:0", &cut_off);
    assert_eq!(readyz(cut_off.address).await, (200, "ok, without identity\n".to_owned()));
    let gateway = |name: &str, portfolio: &str| {
        world.start_with("gateway", "127.0.0.1:0", &settings(name, &at, portfolio))
    };
    let well = gateway("well.toml", &whole.address.to_string());
    let poor = gateway("poor.toml", &cut_off.address.to_string());
    await_ready(well.address).await;
    await_ready(poor.address).await;

    let mut client = Client::open_as(poor.address, "ada").await.unwrap();
    let study = json!({"studyOid": "S2", "studyName": "A second study"});
    let made = client.post("/api/trial/create", &study).await.unwrap();
    assert_eq!((made.status, &made.left_out), (200, &None), "{made:?}");
    for user in ["eve", "nobody"] {
        let monitor = json!({"user": user, "function": "MONITOR"});
        client.post(STAFF, &monitor).await.unwrap().expect_success();
    }
    let listed = client.get(STAFF).await.unwrap();
    assert_eq!(listed.left_out.as_deref(), Some("fullNames"));
    assert_eq!(listed.body["leftOut"], json!(["fullNames"]));
    assert_eq!(names(&listed), [("eve", None), ("nobody", None)]);

    let mut client = Client::open_as(well.address, "ada").await.unwrap();
    let listed = client.get(STAFF).await.unwrap();
    assert_eq!((&listed.left_out, &listed.body["leftOut"]), (&None, &json!([])));
    assert_eq!(names(&listed), [("eve", Some("Eva Meier")), ("nobody", None)]);
}

fn names(listed: &Answer) -> Vec<(&str, Option<&str>)> {
    assert_eq!(listed.status, 200, "{listed:?}");
    let staff = listed.body["staff"].as_array().unwrap().iter();
    staff.map(|one| (one["user"].as_str().unwrap(), one["fullName"].as_str())).collect()
}
