use clearing_model::{Config, Graph, Rule};
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn every() {
    for config in Config::suite() {
    let begun = std::time::Instant::now();
    let checker = config.clone().checker().finish_when(HasDiscoveries::Any).spawn_bfs().join();
    for (name, path) in checker.discoveries() {
        panic!("{}: {name}: {:#?}", config.name, path.into_actions());
    }
    let states = checker.unique_state_count();
    let safe = begun.elapsed();
    drop(checker);
    let graph = Graph::explore(&config);
    assert_eq!(graph.len(), states);
    println!("{}: {states} states, {} ms, {} ms, stuck {:?}", config.name, safe.as_millis(), begun.elapsed().as_millis(), graph.first_stuck(&config));
    }
}

#[test]
fn matrix() {
    for rule in Rule::ALL {
        for config in Config::suite() {
            if config.name == "three payments" { continue }
            let config = config.without(rule);
            let checker = config.clone().checker().timeout(std::time::Duration::from_secs(3)).finish_when(HasDiscoveries::All).spawn_bfs().join();
            let mut found: Vec<_> = checker.discoveries().into_iter().map(|(name, path)| format!("{name}={}", path.into_actions().len())).collect();
            found.sort();
            if found.is_empty() && matches!(config.name, "one payment" | "forgotten rows") {
                if let Some(path) = Graph::explore(&config).first_stuck(&config) { found.push(format!("stuck={}", path.len())); }
            }
            if !found.is_empty() { println!("{rule:?} | {} | {}", config.name, found.join("; ")); }
        }
    }
}
