//! Schedules, exact to the fen.

use proptest::prelude::*;

use super::*;
use crate::details::Purpose;
use crate::money::{Prefix, WalletKind, WalletNumber};

fn fen(fen: i64) -> Amount {
    Amount::from_fen(fen).unwrap()
}

fn day(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn terms(principal: i64, repayment: Repayment, instalments: u32) -> LoanTerms {
    let wallet = |kind| WalletNumber::new(Prefix::new(1).unwrap(), kind, 1).unwrap();
    LoanTerms {
        lender: wallet(WalletKind::Operator),
        borrower: wallet(WalletKind::Personal),
        payee: wallet(WalletKind::Merchant),
        principal: fen(principal),
        repayment,
        instalments,
        first_due: day("2022-06-26"),
        months: 1,
        purpose: Purpose::LoanRepayment,
    }
}

/// Principal and interest of each instalment.
#[track_caller]
fn check(terms: &LoanTerms, expected: &[(i64, i64)]) {
    let found: Vec<_> = Plan::new(terms)
        .remaining(terms)
        .map(|found| (found.principal.fen(), found.interest.fen()))
        .collect();
    assert_eq!(found, expected);
    terms.check().unwrap();
}

#[test]
fn equal_parts_of_the_principal_leave_the_rest_to_the_last() {
    let repayment = Repayment::EqualPrincipal { rate_bp: 1_200 };
    check(&terms(100_000, repayment, 3), &[(33_333, 1000), (33_333, 667), (33_334, 333)]);
    check(&terms(100, Repayment::EqualPrincipal { rate_bp: 0 }, 2), &[(50, 0), (50, 0)]);
}

#[test]
fn an_annuity_is_the_least_that_leaves_nothing() {
    // 100,000 yuan at 4.35 % a year over a year: the formula says 8,530.990036 yuan, which is 8,531.00 in whole fen.
    let repayment = Repayment::Annuity { rate_bp: 435 };
    let yearly = terms(10_000_000, repayment, 12);
    let sums: Vec<_> =
        Plan::new(&yearly).remaining(&yearly).map(|found| found.amount().unwrap().fen()).collect();
    assert_eq!((&sums[..11], sums[11]), (&[853_100; 11][..], 853_089));
    check(&terms(300, Repayment::Annuity { rate_bp: 0 }, 3), &[(100, 0), (100, 0), (100, 0)]);
    check(&terms(500, Repayment::Annuity { rate_bp: 1_200 }, 1), &[(500, 5)]);
}

#[test]
fn a_sum_of_interest_is_spread_like_the_principal() {
    let repayment = Repayment::Flat { interest: fen(100) };
    check(&terms(1_000, repayment, 3), &[(333, 33), (333, 33), (334, 34)]);
}

#[test]
fn half_a_fen_is_rounded_up() {
    // 50 fen at one percent a month is half a fen.
    check(&terms(50, Repayment::EqualPrincipal { rate_bp: 1_200 }, 1), &[(50, 1)]);
    check(&terms(49, Repayment::EqualPrincipal { rate_bp: 1_200 }, 1), &[(49, 0)]);
}

#[test]
fn a_month_that_is_too_short_ends_with_the_due_day() {
    let terms = LoanTerms {
        first_due: day("2023-12-31"),
        ..terms(500, Repayment::EqualPrincipal { rate_bp: 0 }, 5)
    };
    let due: Vec<_> = Plan::new(&terms).remaining(&terms).map(|found| found.due).collect();
    let expected = ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"];
    assert_eq!(due, expected.map(day));
    let yearly = LoanTerms { first_due: day("2024-02-29"), months: 12, ..terms };
    assert_eq!(yearly.due_day(2), day("2025-02-28"));
    assert_eq!(yearly.due_day(5), day("2028-02-29"));
}

#[test]
fn interest_accrues_by_days_and_what_is_repaid_early_bears_none_later() {
    let terms = terms(120_000, Repayment::EqualPrincipal { rate_bp: 1_200 }, 3);
    let mut plan = Plan::new(&terms);
    let at = |on: &str| (day("2022-05-27"), day(on));
    // 30 days from the payment to the first due day, and 12 yuan of interest for them.
    let of = |plan: &Plan, principal: i64, on: &str| {
        let parts = plan.parts_of(&terms, LoanUse::Repayment(fen(principal)), at(on));
        parts.map(|(principal, interest)| (principal.fen(), interest.fen()))
    };
    assert_eq!(of(&plan, 120_000, "2022-05-27"), Ok((120_000, 0)));
    assert_eq!(of(&plan, 120_000, "2022-06-11"), Ok((120_000, 600)));
    assert_eq!(of(&plan, 60_000, "2022-06-11"), Ok((60_000, 300)));
    assert_eq!(of(&plan, 60_000, "2022-06-26"), Err(Reason::InstalmentDue));
    assert_eq!(of(&plan, 120_001, "2022-06-11"), Err(Reason::LoanTerms));
    assert_eq!(of(&plan, 0, "2022-06-11"), Err(Reason::LoanTerms));
    plan.repay(&terms, fen(60_000));
    let next = plan.instalment(&terms).unwrap();
    assert_eq!((next.number, next.principal, next.interest), (1, fen(20_000), fen(600)));
    assert_eq!(
        plan.parts_of(&terms, LoanUse::Instalment(2), at("2022-07-26")),
        Err(Reason::InstalmentNotDue)
    );
    plan.pay_instalment(&terms);
    // From one due day to the next.
    assert_eq!(of(&plan, 40_000, "2022-07-11"), Ok((40_000, 200)));
    plan.repay(&terms, fen(40_000));
    assert!(plan.is_repaid() && plan.instalment(&terms).is_none());
    assert_eq!(of(&plan, 1, "2022-07-11"), Err(Reason::LoanInactive));
}

#[test]
fn parts_repaid_on_a_day_bear_no_less_interest_than_one_payment_of_their_sum() {
    let terms = terms(120_000, Repayment::EqualPrincipal { rate_bp: 1_200 }, 3);
    let mut plan = Plan::new(&terms);
    let on = (day("2022-05-27"), day("2022-06-25"));
    let of = |plan: &Plan, principal| {
        plan.parts_of(&terms, LoanUse::Repayment(fen(principal)), on).unwrap().1.fen()
    };
    let (whole, mut parts) = (of(&plan, 120_000), 0);
    for _ in 0..2_400 {
        parts += of(&plan, 50);
        plan.repay(&terms, fen(50));
    }
    assert!(plan.is_repaid());
    assert_eq!((whole, parts >= whole), (1_160, true), "{parts}");
}

#[test]
fn terms_outside_the_set_are_refused_by_their_fields() {
    let good = terms(100_000, Repayment::Annuity { rate_bp: 435 }, 12);
    let field = |terms: LoanTerms| terms.check().err().map(|error| error.field());
    assert_eq!(field(good), None);
    assert_eq!(field(LoanTerms { instalments: 0, ..good }), Some("instalment_count"));
    assert_eq!(field(LoanTerms { instalments: 361, ..good }), Some("instalment_count"));
    assert_eq!(field(LoanTerms { months: 0, ..good }), Some("period_months"));
    assert_eq!(field(LoanTerms { months: 13, ..good }), Some("period_months"));
    assert_eq!(field(LoanTerms { purpose: Purpose::Gift, ..good }), Some("purpose"));
    assert_eq!(field(LoanTerms { principal: Amount::ZERO, ..good }), Some("amount"));
    assert_eq!(field(LoanTerms { principal: fen(11), ..good }), Some("principal"));
    let late = LoanTerms { first_due: day("9999-02-01"), ..good };
    assert_eq!(field(late), Some("first_due_date"));
    let rate = |repayment| field(LoanTerms { repayment, ..good });
    assert_eq!(rate(Repayment::Annuity { rate_bp: 10_001 }), Some("rate_bp"));
    assert_eq!(rate(Repayment::EqualPrincipal { rate_bp: 10_000 }), None);
    assert_eq!(rate(Repayment::Flat { interest: fen(100_001) }), Some("total_interest"));
}

#[test]
fn the_hash_of_terms_depends_on_every_one() {
    let good = terms(100_000, Repayment::Annuity { rate_bp: 435 }, 12);
    let other = [
        LoanTerms { lender: good.payee, ..good },
        LoanTerms { borrower: good.payee, ..good },
        LoanTerms { payee: good.borrower, ..good },
        LoanTerms { principal: fen(1), ..good },
        LoanTerms { repayment: Repayment::EqualPrincipal { rate_bp: 435 }, ..good },
        LoanTerms { repayment: Repayment::Annuity { rate_bp: 436 }, ..good },
        LoanTerms { repayment: Repayment::Flat { interest: fen(435) }, ..good },
        LoanTerms { instalments: 13, ..good },
        LoanTerms { first_due: day("2022-06-27"), ..good },
        LoanTerms { months: 2, ..good },
        LoanTerms { purpose: Purpose::Instalment, ..good },
    ];
    let mut hashes: Vec<_> = other.iter().chain([&good]).map(LoanTerms::hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), other.len() + 1);
}

fn repayment() -> impl Strategy<Value = Repayment> {
    prop_oneof![
        (0..=10_000_u32).prop_map(|rate_bp| Repayment::EqualPrincipal { rate_bp }),
        (0..=10_000_u32).prop_map(|rate_bp| Repayment::Annuity { rate_bp }),
        (0..=5_000_i64).prop_map(|interest| Repayment::Flat { interest: fen(interest) }),
    ]
}

proptest! {
    #[test]
    fn the_parts_of_the_principal_are_the_principal(
        principal in prop_oneof![1..100_000_i64, Just(Amount::MAX.fen() / 1_000)],
        repayment in repayment(),
        instalments in 1..=360_u32,
        months in 1..=12_u32,
        early in prop::collection::vec((0..3_u32, 1..1_000_i64), 0..4),
    ) {
        let terms = LoanTerms { months, ..terms(principal, repayment, instalments) };
        let mut plan = Plan::new(&terms);
        let mut paid = Amount::ZERO;
        for (instalments, part) in early {
            for _ in 0..instalments {
                paid += plan.instalment(&terms).map(|next| next.principal).unwrap_or_default();
                plan.pay_instalment(&terms);
            }
            let part = fen(part).min(plan.outstanding);
            plan.repay(&terms, part);
            paid += part;
        }
        let rest: Vec<_> = plan.remaining(&terms).collect();
        for next in &rest {
            prop_assert!(next.principal > Amount::ZERO, "{next:?}");
            paid += next.principal;
        }
        prop_assert_eq!(paid.fen(), principal);
        prop_assert!(rest.windows(2).all(|pair| pair[0].due < pair[1].due));
        // The last instalment of an annuity is no larger than the others.
        if let Repayment::Annuity { .. } = terms.repayment {
            let sums: Vec<_> = rest.iter().map(|next| next.amount().unwrap()).collect();
            prop_assert!(sums.windows(2).all(|pair| pair[0] >= pair[1]), "{sums:?}");
        }
        if let Repayment::Flat { interest } = terms.repayment
            && plan == Plan::new(&terms)
        {
            let sum: i64 = rest.iter().map(|next| next.interest.fen()).sum();
            prop_assert_eq!(sum, interest.fen());
        }
    }
}
