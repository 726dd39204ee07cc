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
            for (gross_first, end_of_day) in
                [true, false].into_iter().zip([EndOfDay::Return, EndOfDay::Carry])
            {
                let release = *release;
                let rule = QueueRule { release, gross_first, at_cut_offs, end_of_day };
                modes.push(SettlementMode::Queued(rule));
            }
        }
    }
    modes.extend(EndOfDay::ALL.map(|end_of_day| {
        SettlementMode::Queued(QueueRule { end_of_day, gross_first: false, ..QueueRule::HYBRID })
    }));
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
