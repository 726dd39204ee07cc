//! Kills, partitions and overload together, in their short form.

use crate::support::clearing;

#[tokio::test]
async fn no_payment_suffers_under_kills_partitions_and_overload() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let output = clearing([
        "torture",
        "--seconds",
        "8",
        "--operators",
        "3",
        "--seed",
        "7",
        "--data-dir",
        data_dir,
    ])
    .await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stdout.ends_with("verdict: nothing lost, nothing doubled, audit ok\n"),
        "{}",
        output.stdout
    );
    let aimed = output
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("of those in a growing file"))
        .unwrap();
    assert!(
        aimed.trim().parse::<u32>().unwrap() > 0,
        "no kill met a checkpoint: {}",
        output.stdout
    );
    let again = clearing(["torture", "--data-dir", data_dir]).await;
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("holds a cluster already"), "{}", again.stderr);
}

#[tokio::test]
async fn every_process_starts_again_after_all_were_killed_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let output = clearing([
        "torture",
        "--whole",
        "3",
        "--operators",
        "2",
        "--seed",
        "7",
        "--data-dir",
        data_dir,
    ])
    .await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stdout.ends_with("verdict: every process started again, audit ok\n"),
        "{}",
        output.stdout
    );
}
