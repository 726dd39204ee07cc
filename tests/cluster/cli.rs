//! The program on the command line: help, versions, completions, and how it says what is wrong.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{PROGRAM, ROOT, Running, clearing, clearing_in};

/// Every command a person may give.
async fn commands() -> Vec<String> {
    let help = clearing(["--help"]).await.stdout;
    let listed = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !["", "help"].contains(name)).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_help_lists_the_commands_and_the_exit_codes() {
    let output = clearing(["--help"]).await;
    output.succeeded();
    insta::assert_snapshot!(output.stdout, @r"
    Simulates the clearing of e-CNY between operators: a central bank and ten operators as real
    processes

    Usage: clearing <COMMAND>

    Commands:
      central-bank  Serves the central bank: issuance, directory, clearing and settlement
      operator      Serves one operator: its wallets and their payments
      up            Starts a cluster: the central bank and its operators, each a process
      status        Shows the processes of a cluster and how far their ledgers are
      down          Stops a cluster that was started with `up --detach`
      kill          Ends one process of a running cluster with SIGKILL, as a crash would
      restart       Starts one process of a cluster that was left running with --detach again, at the
                    address it had
      run           Runs one experiment in lockstep, on real processes or in this one, and writes its
                    results
      replay        Runs the payments of a file in lockstep and writes the results, as `run` does
      scenarios     Lists the scenarios of the article that this project implements, or runs them
      sweep         Runs a grid of experiments in this process, each under several seeds, and writes one
                    table
      stress        Hits every participant of an experiment by every scenario, each in a run in this
                    process, and shows who loses liquidity and who becomes short because of whom
      report        Writes the report of a run again, one page for a browser, from the files of its
                    results; of several runs a page that sets them beside each other
      resolve       Resolves one queue of payments by each clearing algorithm and prints a JSON object
                    for each
      indicators    Measures a file of payments: liquidity, netting, delay at levels of liquidity, as
                    one JSON object
      audit         Proves from the files on disk that no fen was lost, one line per invariant
      load          Puts load on a live cluster and prints throughput and latencies
      torture       Kills, cuts off and floods a cluster of its own under load, and proves that no
                    payment suffered
      bench         Measures what a cluster can do on this machine, beside what it must and what the
                    machine allows
      card          Plays the chip of a hard wallet and the phone of a payee, both without network
      digest        Computes the digest of a run again from its tables and compares it with the one
                    written
      config        Prints every key of the configuration with its default, unit, range and meaning
      completions   Prints the completions of a shell
      help          Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

    Exit codes: 0 done, 1 a check failed, 2 bad usage or configuration, 3 a process or peer failed.

    Example:
      clearing up -- clearing status
    ");
}

#[tokio::test]
async fn every_command_explains_itself_with_an_example() {
    let commands = commands().await;
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        let output = clearing([&command, "--help"]).await;
        output.succeeded();
        assert!(output.stdout.contains(&format!("Usage: clearing {command}")), "{output:?}");
        assert!(
            output.stdout.contains(&format!("\nExample:\n  clearing {command}")),
            "{command} has no example"
        );
        assert!(
            output.stdout.lines().all(|line| line.chars().count() <= 120),
            "{command} has long lines"
        );
    }
}

#[tokio::test]
async fn the_version_is_that_of_the_package() {
    let output = clearing(["--version"]).await;
    output.succeeded();
    assert_eq!(output.stdout, concat!("clearing ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[tokio::test]
async fn completions_exist_for_every_shell() {
    for (shell, begins) in
        [("bash", "_clearing()"), ("zsh", "#compdef clearing"), ("fish", "complete -c clearing")]
    {
        let output = clearing(["completions", shell]).await;
        output.succeeded();
        assert!(output.stdout.contains(begins), "{shell}");
    }
}

#[tokio::test]
async fn bad_usage_is_exit_2_with_what_is_wrong() {
    for (arguments, said) in [
        (vec!["fly"], "unrecognized subcommand 'fly'"),
        (vec![], "Usage: clearing"),
        (vec!["up", "--fast"], "unexpected argument '--fast'"),
        (vec!["up", "--operators", "many"], "invalid value 'many'"),
        (
            vec![
                "operator",
                "--code",
                "NINE-LETTERS",
                "--central-bank",
                "http://x",
                "--data-dir",
                "x",
            ],
            "NINE-LETTERS",
        ),
        (vec!["load", "--payments", "1"], "--to"),
        (vec!["completions", "tcsh"], "invalid value 'tcsh'"),
        (vec!["up", "--detach", "--", "true"], "cannot be used with"),
    ] {
        let output = clearing(&arguments).await;
        assert_eq!(output.code, Some(2), "{output:?}");
        assert!(output.stderr.contains(said), "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
}

#[tokio::test]
async fn a_bad_configuration_is_exit_2_with_one_sentence_that_names_the_key() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    for (text, sentence) in [
        (
            "[cluster]\nregmie = 'cash'",
            "config.toml: unknown key cluster.regmie; did you mean cluster.regime?",
        ),
        (
            "[cluster]\nregime = 'gold'",
            "config.toml: cluster.regime: \"gold\" is none of cash, deposit",
        ),
        ("[cluster]\ncap = -1", "config.toml: cluster.cap: amount -1 is not positive"),
        ("[cluster\n", "config.toml: line 1: "),
    ] {
        fs::write(folder.join("config.toml"), text).unwrap();
        for command in [vec!["up"], vec!["central-bank", "--data-dir", "data"]] {
            let arguments = command.iter().copied().chain(["--config", "config.toml"]);
            clearing_in(folder, arguments).await.failed(2, sentence);
        }
        clearing_in(folder, ["config", "config.toml"]).await.failed(2, sentence);
    }
    let missing = clearing_in(folder, ["up", "--config", "missing.toml"]).await;
    missing.failed(2, "cannot read missing.toml: No such file");
    clearing_in(folder, ["up", "--operators", "0"])
        .await
        .failed(2, "cluster.operators: 0 is not between 1 and 500");
    clearing_in(folder, ["up", "--operators", "51"])
        .await
        .failed(2, "cluster.operators: 51 are more than the 50");
    clearing_in(folder, ["up", "--base-port", "65530"])
        .await
        .failed(2, "base port 65530 leaves no room");
    let leftovers: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(leftovers, ["config.toml"], "a refused command left something behind");
}

#[tokio::test]
async fn an_operator_that_cannot_be_is_exit_2() {
    let directory = tempfile::tempdir().unwrap();
    let start = async |code, central_bank| {
        let arguments =
            ["operator", "--code", code, "--central-bank", central_bank, "--data-dir", "data"];
        clearing_in(directory.path(), arguments).await
    };
    start("HSBC", "http://127.0.0.1:9").await.failed(2, "operator HSBC is not in the roster");
    start("ICBC", "127.0.0.1:9")
        .await
        .failed(2, "central bank address \"127.0.0.1:9\" is not http://IP:PORT");
}

#[tokio::test]
async fn a_peer_that_is_away_and_a_port_that_is_taken_are_exit_3() {
    let load = clearing(["load", "--to", "127.0.0.1:9", "--payments", "1"]).await;
    load.failed(3, "cannot connect to 127.0.0.1:9");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["central-bank", "--listen", &address, "--data-dir", "data"];
    clearing_in(directory.path(), arguments)
        .await
        .failed(3, &format!("cannot listen on {address}"));
}

#[tokio::test]
async fn a_process_says_ready_with_its_address_and_exits_0_when_it_is_told_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"] {
        let mut process = Running::start(directory.path(), ["central-bank", "--data-dir", "data"]);
        let line = process.line("ready").await;
        let address: std::net::SocketAddr =
            line.strip_prefix("ready address=").unwrap().parse().unwrap();
        assert!(address.port() != 0);
        assert_eq!(process.signal(signal).await, Some(0), "SIG{signal}");
    }
}

#[tokio::test]
async fn an_operator_without_its_central_bank_waits_and_still_exits_0() {
    let directory = tempfile::tempdir().unwrap();
    let mut central_bank =
        Running::start(directory.path(), ["central-bank", "--data-dir", "central-bank"]);
    let url = format!(
        "http://{}",
        central_bank.line("ready").await.strip_prefix("ready address=").unwrap()
    );
    let arguments = ["operator", "--code", "ICBC", "--central-bank", &url, "--data-dir", "ICBC"];
    let mut operator = Running::start(directory.path(), arguments);
    operator.line("ready").await;
    assert_eq!(central_bank.signal("KILL").await, None);
    assert_eq!(operator.signal("TERM").await, Some(0));
}

#[tokio::test]
async fn the_log_is_text_or_one_json_object_per_line() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let script = format!(
        "exec {PROGRAM} central-bank --data-dir data --log-format json 2>{} </dev/null",
        log.display()
    );
    let mut process = Running::shell(directory.path(), &script);
    process.line("ready").await;
    assert_eq!(process.signal("TERM").await, Some(0));
    let text = fs::read_to_string(log).unwrap();
    assert!(text.lines().count() >= 2, "{text}");
    for line in text.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(entry["level"].is_string() && entry["timestamp"].is_string(), "{line}");
    }
}

#[tokio::test]
async fn the_experiments_that_ship_are_valid_configurations() {
    for path in shipped("experiments") {
        clearing(["config", path.to_str().unwrap()]).await.succeeded();
    }
}

#[tokio::test]
async fn the_sweeps_that_ship_have_only_points_that_can_run() {
    let folder = tempfile::tempdir().unwrap();
    for path in shipped("experiments/sweeps") {
        // Every point is checked before the one that does not exist is looked for.
        let arguments = ["sweep", path.to_str().unwrap(), "--index", "9999", "--out", "sweep"];
        clearing_in(folder.path(), arguments).await.failed(2, "there is no point 9999");
    }
}

/// The files of a folder of experiments.
fn shipped(folder: &str) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(Path::new(ROOT).join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    assert!(files.len() > 2, "{folder} holds {files:?}");
    files
}

#[tokio::test]
async fn a_reader_that_has_read_enough_ends_the_program_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("exec 3> >(exit 0); wait $!; {PROGRAM} config >&3; echo ended $?");
    let mut shell = Running::shell(folder.path(), &line);
    assert_eq!(shell.line("ended").await, "ended 0");
}
