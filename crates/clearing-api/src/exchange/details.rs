//! What payments are for, as a column of those that say so.

use std::str::FromStr;

use clearing_domain::Details;
use clearing_domain::details::{
    BillReference, ELIGIBLE_OPERATORS_MAX, Eligibility, GrantTerms, LoanPart, LoanUse, NumberSet,
    SettlementTimes, Voucher, WealthPart,
};
use clearing_domain::money::{
    Amount, LoanId, PaymentId, Position, Prefix, RedemptionId, Timestamp,
};

use super::columns::{ColumnError, amount, equal, identity, value, wallet};
use crate::enums::WireEnum;
use crate::v1;

/// The details of the payments of a list; absent when none has any.
pub(super) fn details_column<'a>(
    items: impl Iterator<Item = Option<&'a Details>>,
) -> Option<v1::DetailsColumn> {
    let mut column = v1::DetailsColumn::default();
    for (place, details) in (0..).zip(items) {
        if let Some(details) = details {
            column.places.push(place);
            column.details.push(message(details));
        }
    }
    (!column.places.is_empty()).then_some(column)
}

/// The details of each of a number of payments, in order.
pub(super) fn read_details(
    name: &'static str,
    column: Option<v1::DetailsColumn>,
    items: usize,
) -> Result<impl Iterator<Item = Option<Box<Details>>>, ColumnError> {
    let column = column.unwrap_or_default();
    equal(name, column.places.len(), &[column.details.len()])?;
    let beyond = |place: &&u32| usize::try_from(**place).is_ok_and(|place| place >= items);
    if let Some(place) = column.places.iter().find(beyond) {
        return Err(value(name, place, "the place of one of its payments"));
    }
    if let Some(pair) = column.places.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(value(name, pair[1], "a place above the one before it"));
    }
    let details = column.details.iter().map(|details| read(name, details));
    let details: Vec<_> = details.collect::<Result<_, _>>()?;
    let mut placed = column.places.into_iter().zip(details).peekable();
    Ok((0..items).map(move |item| {
        let is_here = |(place, _): &(u32, _)| usize::try_from(*place) == Ok(item);
        placed.next_if(is_here).and_then(|(_, details)| details)
    }))
}

/// The details of one payment.
pub(super) fn message(details: &Details) -> v1::PaymentDetails {
    let purpose = details.purpose.map_or(v1::Purpose::Unspecified, v1::Purpose::of);
    v1::PaymentDetails {
        purpose: purpose.into(),
        bill_reference: details.bill.as_ref().map(ToString::to_string).unwrap_or_default(),
        refund_of: details.refund_of.map(|id| id.0.to_vec()).unwrap_or_default(),
        voucher: details.voucher.map(|voucher| v1::VoucherPart {
            campaign_wallet: voucher.campaign.as_u64(),
            discount_fen: voucher.discount.fen(),
        }),
        grant: details.grant.as_deref().map(grant),
        loan: details.loan.map(loan),
        wealth: details.wealth.map(wealth),
        earliest_ms: details.times.earliest.map(Timestamp::ms),
        latest_ms: details.times.latest.map(Timestamp::ms),
    }
}

fn wealth(part: WealthPart) -> v1::WealthPart {
    use v1::wealth_part::{Subscription, Used};
    let used = match part {
        WealthPart::Subscription { product, class } => Used::Subscription(Subscription {
            product_code: product.to_string(),
            holder_class: class.into(),
        }),
        WealthPart::Redemption(redemption) => Used::RedemptionId(redemption.0.to_vec()),
    };
    v1::WealthPart { used: Some(used) }
}

fn read_wealth(name: &'static str, part: &v1::WealthPart) -> Result<WealthPart, ColumnError> {
    use v1::wealth_part::{Subscription, Used};
    match &part.used {
        Some(Used::Subscription(Subscription { product_code, holder_class })) => {
            let class = u8::try_from(*holder_class).ok().filter(|class| (1..=4).contains(class));
            let product = product_code.parse();
            Ok(WealthPart::Subscription {
                product: product.map_err(|error| value(name, error, "the code of a product"))?,
                class: class.ok_or_else(|| value(name, holder_class, "a class from 1 to 4"))?,
            })
        }
        Some(Used::RedemptionId(id)) => {
            Ok(WealthPart::Redemption(RedemptionId(identity(name, id)?)))
        }
        None => Err(value(name, "nothing", "the part of a wealth product")),
    }
}

fn loan(part: LoanPart) -> v1::LoanPart {
    use v1::loan_part::Used;
    let used = match part.used {
        LoanUse::Disbursement => Used::Disbursement(true),
        LoanUse::Instalment(number) => Used::Instalment(number),
        LoanUse::Repayment(principal) => Used::RepaidPrincipalFen(principal.fen()),
    };
    v1::LoanPart { loan_id: part.loan.0.to_vec(), used: Some(used) }
}

fn read_loan(name: &'static str, part: &v1::LoanPart) -> Result<LoanPart, ColumnError> {
    use v1::loan_part::Used;
    let used = match part.used {
        Some(Used::Disbursement(true)) => LoanUse::Disbursement,
        Some(Used::Instalment(number)) => LoanUse::Instalment(number),
        Some(Used::RepaidPrincipalFen(fen)) => LoanUse::Repayment(amount(name, fen)?),
        Some(Used::Disbursement(false)) | None => {
            return Err(value(name, "nothing", "the part of a loan"));
        }
    };
    Ok(LoanPart { loan: LoanId(identity(name, &part.loan_id)?), used })
}

fn grant(terms: &GrantTerms) -> v1::GrantTerms {
    let GrantTerms { valid_from, valid_until, eligible } = terms;
    let numbers = |set: NumberSet| set.numbers().map(u32::from).collect();
    v1::GrantTerms {
        valid_from_ms: valid_from.ms(),
        valid_until_ms: valid_until.ms(),
        categories: numbers(eligible.categories),
        regions: numbers(eligible.regions),
        purposes: numbers(eligible.purposes),
        operators: eligible.operators.iter().map(|prefix| prefix.get().into()).collect(),
        min_spend_fen: eligible.min_spend.fen(),
    }
}

fn read_grant(name: &'static str, terms: &v1::GrantTerms) -> Result<GrantTerms, ColumnError> {
    let numbers = |listed: &[u32]| {
        let small: Option<Vec<_>> = listed.iter().map(|found| u8::try_from(*found).ok()).collect();
        small.and_then(NumberSet::of).ok_or_else(|| value(name, format!("{listed:?}"), "a set"))
    };
    let prefix = |found: &u32| u16::try_from(*found).ok().and_then(Prefix::new);
    let operators: Option<Vec<Prefix>> = terms.operators.iter().map(prefix).collect();
    let ascending = |found: &Vec<Prefix>| {
        found.len() <= ELIGIBLE_OPERATORS_MAX && found.is_sorted_by(|one, next| one < next)
    };
    let wrong = || value(name, format!("{:?}", terms.operators), "prefixes that ascend");
    let min_spend = Amount::from_sum(Position::from_fen(terms.min_spend_fen));
    Ok(GrantTerms {
        valid_from: moment(name, terms.valid_from_ms)?,
        valid_until: moment(name, terms.valid_until_ms)?,
        eligible: Eligibility {
            categories: numbers(&terms.categories)?,
            regions: numbers(&terms.regions)?,
            purposes: numbers(&terms.purposes)?,
            operators: operators.filter(ascending).ok_or_else(wrong)?.into(),
            min_spend: min_spend
                .ok_or_else(|| value(name, terms.min_spend_fen, "an amount of at least zero"))?,
        },
    })
}

/// Reads the details of one payment.
pub(super) fn read(
    name: &'static str,
    details: &v1::PaymentDetails,
) -> Result<Option<Box<Details>>, ColumnError> {
    let v1::PaymentDetails {
        purpose,
        bill_reference,
        refund_of,
        voucher,
        grant,
        loan,
        wealth,
        earliest_ms,
        latest_ms,
    } = details;
    let unknown = || value(name, purpose, "a purpose");
    let purpose = match v1::Purpose::try_from(*purpose) {
        Ok(v1::Purpose::Unspecified) => None,
        Ok(purpose) => Some(purpose.value().ok_or_else(unknown)?),
        Err(_) => return Err(unknown()),
    };
    let bill = some_text(bill_reference).map(BillReference::from_str).transpose();
    let refund_of = (!refund_of.is_empty()).then(|| identity(name, refund_of)).transpose()?;
    let voucher = voucher.as_ref().map(|voucher| {
        let campaign = wallet(name, voucher.campaign_wallet)?;
        Ok(Voucher { campaign, discount: amount(name, voucher.discount_fen)? })
    });
    Ok(Details {
        purpose,
        bill: bill.map_err(|error| value(name, error, "the reference of a bill"))?,
        refund_of: refund_of.map(PaymentId),
        voucher: voucher.transpose()?,
        grant: grant.as_ref().map(|terms| read_grant(name, terms)).transpose()?.map(Box::new),
        loan: loan.as_ref().map(|part| read_loan(name, part)).transpose()?,
        wealth: wealth.as_ref().map(|part| read_wealth(name, part)).transpose()?,
        times: SettlementTimes {
            earliest: earliest_ms.map(|ms| moment(name, ms)).transpose()?,
            latest: latest_ms.map(|ms| moment(name, ms)).transpose()?,
        },
    }
    .boxed())
}

/// A time that a row can hold: a ledger that kept another one could not be read again.
fn moment(name: &'static str, ms: i64) -> Result<Timestamp, ColumnError> {
    Timestamp::checked(ms).ok_or_else(|| value(name, ms, "a time from 1970 to 9999"))
}

fn some_text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use clearing_domain::details::Purpose;
    use clearing_domain::money::Amount;

    use super::*;

    fn details(bill: &str) -> Details {
        let refund_of = Some(PaymentId([7; 16]));
        let bill = Some(bill.parse().unwrap());
        let campaign = "0052000000000015".parse().unwrap();
        let voucher = Voucher { campaign, discount: Amount::from_fen(30).unwrap() };
        let grant = "1:2:258.8.512.2,12.1".parse().ok().map(Box::new);
        let used = LoanUse::Repayment(Amount::from_fen(5).unwrap());
        let loan = Some(LoanPart { loan: LoanId([8; 16]), used });
        Details {
            purpose: Some(Purpose::Tax),
            bill,
            refund_of,
            voucher: Some(voucher),
            grant,
            loan,
            wealth: "CCB-1"
                .parse()
                .ok()
                .map(|product| WealthPart::Subscription { product, class: 2 }),
            times: SettlementTimes {
                earliest: Some(Timestamp::from_ms(5)),
                latest: Some(Timestamp::from_ms(7)),
            },
        }
    }

    fn subscribing(product_code: &str, holder_class: u32) -> v1::WealthPart {
        use v1::wealth_part::{Subscription, Used};
        let product_code = product_code.to_owned();
        let used = Some(Used::Subscription(Subscription { product_code, holder_class }));
        v1::WealthPart { used }
    }

    fn terms(change: impl FnOnce(&mut v1::GrantTerms)) -> v1::GrantTerms {
        let mut terms = v1::GrantTerms::default();
        change(&mut terms);
        terms
    }

    #[test]
    fn details_stay_with_their_payments() {
        let items = [None, Some(details("A")), None, Some(details("B"))];
        let column = details_column(items.iter().map(Option::as_ref)).unwrap();
        assert_eq!(column.places, [1, 3]);
        let read = read_details("items", Some(column), 4).unwrap();
        assert!(read.map(|found| found.map(|found| *found)).eq(items));
        assert_eq!(details_column([None, None].into_iter()), None);
        assert!(read_details("items", None, 2).unwrap().eq([None, None]));
    }

    #[test]
    fn a_column_that_does_not_fit_its_list_is_refused() {
        let column = |places: &[u32], details: &[v1::PaymentDetails]| v1::DetailsColumn {
            places: places.to_vec(),
            details: details.to_vec(),
        };
        let tax = v1::PaymentDetails { purpose: v1::Purpose::Tax.into(), ..Default::default() };
        let refused = |column| read_details("items", Some(column), 2).err().unwrap().to_string();
        assert_eq!(
            refused(column(&[0, 2], &[tax.clone(), tax.clone()])),
            "items has 2 where the place of one of its payments is due"
        );
        assert_eq!(
            refused(column(&[1, 1], &[tax.clone(), tax.clone()])),
            "items has 1 where a place above the one before it is due"
        );
        assert_eq!(refused(column(&[1], &[])), "items has columns of 1 and 0 items");
        for wrong in [
            v1::PaymentDetails { purpose: 99, ..tax.clone() },
            v1::PaymentDetails { bill_reference: "a b".into(), ..tax.clone() },
            v1::PaymentDetails { refund_of: vec![1; 15], ..tax.clone() },
            v1::PaymentDetails { voucher: Some(v1::VoucherPart::default()), ..tax.clone() },
            v1::PaymentDetails { loan: Some(v1::LoanPart::default()), ..tax.clone() },
            v1::PaymentDetails { wealth: Some(v1::WealthPart::default()), ..tax.clone() },
            v1::PaymentDetails { wealth: Some(subscribing("CCB-1", 0)), ..tax.clone() },
            v1::PaymentDetails { wealth: Some(subscribing("CCB 1", 2)), ..tax.clone() },
            v1::PaymentDetails {
                grant: Some(terms(|terms| terms.regions.push(64))),
                ..tax.clone()
            },
            v1::PaymentDetails {
                grant: Some(terms(|terms| terms.min_spend_fen = -1)),
                ..tax.clone()
            },
            v1::PaymentDetails {
                grant: Some(terms(|terms| terms.operators = vec![2, 2])),
                ..tax.clone()
            },
            // No row can hold these, so that a ledger that took them could not be read again.
            v1::PaymentDetails {
                grant: Some(terms(|terms| terms.valid_from_ms = -1)),
                ..tax.clone()
            },
            v1::PaymentDetails {
                grant: Some(terms(|terms| terms.valid_until_ms = i64::MAX)),
                ..tax.clone()
            },
            v1::PaymentDetails { earliest_ms: Some(-1), ..tax.clone() },
            v1::PaymentDetails { latest_ms: Some(i64::MAX), ..tax },
        ] {
            assert!(refused(column(&[0], &[wrong])).starts_with("items has "));
        }
    }
}
