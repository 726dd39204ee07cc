use clearing_model::{Budget, Config, Graph};
use stateright::{Checker, HasDiscoveries, Model};

#[track_caller]
pub(crate) fn check(config: Config) {
    let begun = std::time::Instant::now();
    let checker = config.clone().checker().finish_when(HasDiscoveries::Any).spawn_bfs().join();
    for (name, path) in checker.discoveries() {
        panic!("{name}: {:#?}", path.into_actions());
    }
    let states = checker.unique_state_count();
    let safe = begun.elapsed();
    let graph = Graph::explore(&config);
    assert_eq!(graph.len(), states);
    assert_eq!(graph.first_stuck(), None);
    println!("{}: {states} states, {} ms, {} ms", config.name, safe.as_millis(), begun.elapsed().as_millis());
}

#[test]
fn one_payment() {
    check(Config { budget: Budget { crashes: 1, breaks: 1, expiries: 1, ..Budget::default() }, ..Config::one_payment() });
}
