//! How modes stand in rows.

use super::*;

#[test]
fn every_mode_reads_back_from_its_row() {
    let algorithms = Algorithm::ALL
        .into_iter()
        .flat_map(|algorithm| [algorithm, algorithm.looking_ahead(1_000_000)]);
    let algorithms: Vec<_> = algorithms.collect();
    let mut modes = vec![SettlementMode::Gross];
    modes.extend(Shortfall::ALL.map(SettlementMode::DeferredNet));
    for release in &algorithms {
        for at_cut_offs in algorithms.iter().copied().map(Some).chain([None]) {
            let rule = |gross_first| QueueRule { release: *release, gross_first, at_cut_offs };
            modes
                .extend([true, false].map(|gross_first| SettlementMode::Queued(rule(gross_first))));
        }
    }
    let mut stored = Vec::new();
    for mode in modes {
        let columns = ModeColumns::from(mode);
        assert_eq!(columns.mode(), Some(mode));
        for (other, known) in &stored {
            assert_eq!(*other == mode, *known == columns, "{mode:?} and {other:?}");
        }
        stored.push((mode, columns));
    }
}
