//! `clearing bench`: every row of its table is measured and written. Never a figure: they are the
//! machine's.

use serde_json::Value;

use crate::support::clearing_in;

/// The keys of an object, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn the_bench_measures_every_row_and_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let output = clearing_in(
        folder.path(),
        ["bench", "--quick", "--smoke", "--dir", path, "--json", "bench.json"],
    )
    .await;
    output.succeeded();
    let header: Vec<_> = output.stdout.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        header,
        [
            "what", "unit", "must", "aim", "measured", "lowest", "highest", "limit", "by", "kept",
            "reaches"
        ]
    );
    assert!(output.stdout.contains("\nlimits: gRPC echo of 1,000 items a message "), "{output:?}");
    assert!(output.stdout.contains("\nmachine: "), "{output:?}");

    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("bench.json")).unwrap())
            .unwrap();
    assert_eq!(keys(&report), ["limits", "machine", "mode", "rows", "version"]);
    assert_eq!(
        keys(&report["limits"]),
        ["fdatasync_eleven_streams", "fdatasync_one_stream", "grpc_echo"]
    );
    assert_eq!(
        keys(&report["machine"]),
        [
            "kernel",
            "ledger_files",
            "load_average_after",
            "load_average_before",
            "memory_mb",
            "processors"
        ]
    );
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 24);
    for row in rows {
        assert_eq!(
            keys(row),
            [
                "aim",
                "better",
                "bound",
                "bound_by",
                "durability",
                "measured",
                "must",
                "name",
                "note",
                "part",
                "title",
                "unit",
                "verdict"
            ]
        );
        assert_eq!(keys(&row["measured"]), ["high", "low", "median", "runs"], "{row}");
        assert!(output.stdout.contains(row["title"].as_str().unwrap()), "{row}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the folder of the clusters is still there: {left:?}");
}
