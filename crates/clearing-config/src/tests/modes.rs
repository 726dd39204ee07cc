//! How obligations settle, read and written.

use clearing_domain::central_bank::{EndOfDay, QueueRule, SettlementMode, Shortfall};
use clearing_domain::money::{BusinessDate, HOUR_MS};
use clearing_domain::netting::Algorithm;

use super::{ClusterConfig, refuses};

/// The mode of a `[cluster]` table, which reads back as written.
#[track_caller]
fn mode(lines: &str) -> SettlementMode {
    let config = ClusterConfig::from_file_text(&format!("[cluster]\n{lines}")).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    config.mode
}

#[test]
fn a_queue_is_released_by_the_algorithm_named() {
    let queued = |release, at_cut_offs| {
        SettlementMode::Queued(QueueRule {
            release,
            gross_first: true,
            at_cut_offs,
            ..QueueRule::HYBRID
        })
    };
    assert_eq!(mode("settlement = 'gross-queue'"), queued(Algorithm::GrossFifo, None));
    assert_eq!(
        mode("settlement = 'gross-queue'\nalgorithm = 'partial_net'"),
        queued(Algorithm::PartialNet, None)
    );
    let pairs = |look_ahead| Algorithm::BilateralOffset { look_ahead };
    assert_eq!(mode("settlement = 'hybrid'"), queued(pairs(10), Some(Algorithm::PartialNet)));
    assert_eq!(
        mode("settlement = 'hybrid'\nlook_ahead = 1"),
        queued(pairs(1), Some(Algorithm::PartialNet))
    );
    let alone = QueueRule {
        release: Algorithm::AllOrNothing,
        gross_first: false,
        ..QueueRule::GROSS_QUEUE
    };
    let lines = "settlement = 'gross-queue'\nalgorithm = 'all_or_nothing'\ngross_first = false";
    assert_eq!(mode(lines), SettlementMode::Queued(alone));
    let refused = |lines: &str| {
        ClusterConfig::from_file_text(&format!("[cluster]\n{lines}")).unwrap_err().to_string()
    };
    assert_eq!(
        mode("settlement = 'gross-queue'\nalgorithm = 'optimal'"),
        queued(Algorithm::Optimal, None)
    );
    assert!(refused("algorithm = 'unwind'").contains("cluster.algorithm"));
    assert!(refused("look_ahead = 0").contains("cluster.look_ahead"));
}

#[test]
fn what_a_queue_becomes_at_the_end_of_the_day_is_named_and_credit_needs_deposits() {
    let end_of_day = |name: &str| match mode(&format!(
        "regime = 'deposit'\nsettlement = 'hybrid'\nqueue_end_of_day = '{name}'"
    )) {
        SettlementMode::Queued(rule) => rule.end_of_day,
        other @ (SettlementMode::Gross | SettlementMode::DeferredNet(_)) => {
            panic!("{other:?} has no queue")
        }
    };
    for (name, rule) in [
        ("return", EndOfDay::Return),
        ("carry", EndOfDay::Carry),
        ("force-credit", EndOfDay::ForceCredit),
    ] {
        assert_eq!(end_of_day(name), rule);
    }
    let choices = "return, carry, force-credit";
    refuses(
        "[cluster]\nqueue_end_of_day = 'keep'",
        &format!("cluster.queue_end_of_day: \"keep\" is none of {choices}"),
    );
    let sentence = "cluster.queue_end_of_day: force-credit needs the deposit regime, and overdrafts that are allowed";
    let forced = "[cluster]\nqueue_end_of_day = 'force-credit'\nsettlement = 'gross-queue'";
    refuses(forced, sentence);
    refuses(&format!("{forced}\nregime = 'deposit'\noverdrafts = 'refused'"), sentence);
    let later = "[[cluster.changes]]\nfrom = '2022-08-25'\nqueue_end_of_day = 'force-credit'\nsettlement = 'hybrid'";
    refuses(later, &sentence.replacen("cluster", "cluster.changes.1", 1));
}

#[test]
fn the_mode_changes_with_business_days() {
    let text = "
        [cluster]
        settlement = 'gross'
        [[cluster.changes]]
        from = '2022-08-25'
        settlement = 'hybrid'
        look_ahead = 3
        [[cluster.changes]]
        from = '2022-08-26'
        shortfall = 'pro-rata'
    ";
    let config = ClusterConfig::from_file_text(text).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    let release = Algorithm::BilateralOffset { look_ahead: 3 };
    let hybrid = QueueRule {
        release,
        gross_first: true,
        at_cut_offs: Some(Algorithm::PartialNet),
        ..QueueRule::HYBRID
    };
    let found: Vec<_> =
        config.changes.iter().map(|change| (change.from.date().to_string(), change.mode)).collect();
    let expected = [
        ("2022-08-25".to_owned(), SettlementMode::Queued(hybrid)),
        ("2022-08-26".to_owned(), SettlementMode::DeferredNet(Shortfall::ProRata)),
    ];
    assert_eq!(found, expected);
    refuses(
        "[[cluster.changes]]\nfrom = 'Monday'",
        "cluster.changes.1.from: \"Monday\" is not a date from 1971 to 9999 as in 2022-08-25",
    );
    let unknown = "[[cluster.changes]]\nfrom = '2022-08-25'\nsettlement = 'net'";
    let choices = "deferred-net, gross, gross-queue, hybrid";
    refuses(unknown, &format!("cluster.changes.1.settlement: \"net\" is none of {choices}"));
}

#[test]
fn settlement_has_hours_and_days_without_it() {
    let lines = "[cluster]\nsettlement_opens = '09:00'\nsettlement_closes = '17:00'\n\
                 settlement_closed_days = ['sunday', '2022-10-03', 'saturday']";
    let config = ClusterConfig::from_file_text(lines).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    let hours = config.central_bank_settings().hours;
    assert_eq!((hours.opens_ms(), hours.closes_ms()), (9 * HOUR_MS, 17 * HOUR_MS));
    let open = ["2022-09-30", "2022-10-01", "2022-10-02", "2022-10-03", "2022-10-04"]
        .map(|date| hours.has(BusinessDate::parse(date).unwrap()));
    assert_eq!(open, [true, false, false, false, true]);
    assert!(ClusterConfig::default().hours.is_always());
    let days = |days: &str| format!("[cluster]\nsettlement_closed_days = [{days}]");
    let at = "cluster.settlement_closed_days";
    let form = "is neither a weekday as in sunday nor a date as in 2022-10-01";
    refuses(&days("'Sunday'"), &format!("{at}: \"Sunday\" {form}"));
    let all = "'monday','tuesday','wednesday','thursday','friday','saturday','sunday'";
    refuses(&days(all), &format!("{at}: must leave a weekday on which anything settles"));
    let many = vec!["'2022-10-01'"; 1001].join(", ");
    refuses(&days(&many), &format!("{at}: 1001 are more than 1000"));
    refuses(
        "[cluster]\nsettlement_opens = '17:00'\nsettlement_closes = '09:00'",
        "cluster.settlement_closes: 09:00 is not after the opening at 17:00",
    );
    refuses(
        "[cluster]\nsettlement_opens = '24:00'",
        "cluster.settlement_opens: \"24:00\" is not a time from 00:00 to 23:59",
    );
    refuses(
        "[cluster]\nclock = 'lockstep'\ntick_seconds = 3600\nsettlement_closes = '17:30'",
        "cluster.settlement_closes: must be at the end of a tick",
    );
    let gross = "gross has no settlement_opens, settlement_closes and settlement_closed_days: \
                 in gross-queue payments wait for the opening";
    refuses(
        "[cluster]\nsettlement = 'gross'\nsettlement_closes = '17:00'",
        &format!("cluster.settlement: {gross}"),
    );
    refuses(
        "[cluster]\nsettlement_closed_days = ['sunday']\n[[cluster.changes]]\nfrom = '2022-08-25'\n\
         settlement = 'hybrid'\n[[cluster.changes]]\nfrom = '2022-08-26'\nsettlement = 'gross'",
        &format!("cluster.changes.2.settlement: {gross}"),
    );
    refuses(
        "[cluster]\nsettlement_opens = '11:30'\nfunding_minutes = 30",
        "cluster.funding_minutes: 30 is not shorter than the shortest cycle",
    );
}

#[test]
fn liquidity_is_reserved_for_levels_by_their_names() {
    let text = "[cluster]\nreserved = { urgent = 2 }\n[[cluster.operators]]\ncode = 'ABC'\n\
                [[cluster.operators]]\ncode = 'CCB'\nreserved = { extra_urgent = '5.00' }";
    let config = ClusterConfig::from_file_text(text).unwrap();
    assert_eq!(ClusterConfig::from_file_text(&config.to_toml()), Ok(config.clone()));
    let kept = |place: usize| -> Vec<_> {
        let reserved = config.central_bank_settings().operators[place].reserved;
        reserved.iter().map(|(level, amount)| (level.name(), amount.fen())).collect()
    };
    assert_eq!((kept(0), kept(1)), (vec![("urgent", 200)], vec![("extra_urgent", 500)]));
    let levels = "error_reversal, extra_urgent, interest_and_fees, clearing_nets, urgent";
    refuses(
        "[cluster]\nreserved = { normal = 2 }",
        &format!("cluster.reserved: \"normal\" is none of {levels}"),
    );
    refuses(
        "[[cluster.operators]]\ncode = 'ABC'\nreserved = { high = 2 }",
        &format!("cluster.operators.ABC.reserved: \"high\" is none of {levels}"),
    );
}
