//! `clearing load`: whom it takes for operators.

use crate::support::{TestCluster, clearing_in, config, member};

#[tokio::test]
async fn load_finds_the_operators_of_a_folder_takes_addresses_and_names_the_central_bank() {
    let cluster = TestCluster::start(config("operator_count = 2")).await;
    let folder = cluster.folder().root();
    let addresses = cluster.folder().addresses().unwrap();
    let address = |name: &str| addresses[&member(name)];
    let load = async |more: &[&str]| {
        clearing_in(folder, [&["load", "--payments", "20"], more].concat()).await
    };
    let data_dir = folder.to_str().unwrap();
    load(&["--data-dir", data_dir]).await.succeeded();
    let operator = format!("http://{}/", address("ICBC"));
    load(&["--to", &operator]).await.succeeded();
    let central_bank = address("central-bank").to_string();
    let sentence = format!(
        "{central_bank} is the central bank, which keeps no wallets: load goes to operators"
    );
    load(&["--to", &central_bank]).await.failed(2, &sentence);
    assert_eq!(load(&["--to", "https://127.0.0.1:1"]).await.code, Some(2));
    let nowhere = load(&["--data-dir", "nowhere"]).await;
    nowhere.failed(2, "nowhere holds no cluster: it has no env file; name operators with --to");
    cluster.finish().await;
}
