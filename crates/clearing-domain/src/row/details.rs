//! What a payment is for, as one column.
//!
//! Every payment, transfer and instruction has the column, and nearly all leave it empty, so there
//! is one text and not a column for each part: an empty column costs time, too.

use std::str::FromStr;

use crate::details::{
    BillReference, Details, Eligibility, GrantTerms, LoanPart, LoanUse, Purpose, SettlementTimes,
    Voucher, WealthPart,
};
use crate::money::{Amount, PaymentId, Position, Timestamp};

use super::{ColumnSpec, Field, Kind, Malformed, Sink, Source, Value, unexpected};

/// The parts that are there, in this order: `purpose=tax bill=TAX-1 refund_of=UUID`, and of a
/// voucher the campaign and the discount in fen: `voucher=0021000000000013:500`, and of a grant its
/// terms. A loan has its part: `loan=UUID:paid-out`, `loan=UUID:instalment-3`, or the principal in
/// fen that is paid early, `loan=UUID:early-500`. A subscription has its product and the class of the
/// holder, `wealth=CODE:2`, a redemption its id, `redeems=UUID`. The times between which it may
/// settle are milliseconds since 1970, `earliest=MS latest=MS`.
fn text(details: &Details) -> String {
    let Details { purpose, bill, refund_of, voucher, grant, loan, wealth, times } = details;
    let parts = [
        purpose.map(|purpose| format!("purpose={}", purpose.name())),
        bill.as_ref().map(|bill| format!("bill={bill}")),
        refund_of.map(|id| format!("refund_of={id}")),
        voucher
            .map(|Voucher { campaign, discount }| format!("voucher={campaign}:{}", discount.fen())),
        grant.as_ref().map(|terms| format!("grant={terms}")),
        loan.map(|part| format!("loan={}:{}", part.loan, loan_use(part.used))),
        wealth.map(|part| match part {
            WealthPart::Subscription { product, class } => format!("wealth={product}:{class}"),
            WealthPart::Redemption(redemption) => format!("redeems={redemption}"),
        }),
        times.earliest.map(|at| format!("earliest={}", at.ms())),
        times.latest.map(|at| format!("latest={}", at.ms())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Takes a part of a name from the front of the text.
fn part<'a>(rest: &mut &'a str, name: &str) -> Option<&'a str> {
    let from = rest.strip_prefix(name)?.strip_prefix('=')?;
    let (value, after) = from.split_once(' ').unwrap_or((from, ""));
    *rest = after;
    Some(value)
}

fn voucher(text: &str) -> Option<Voucher> {
    let (campaign, fen) = text.split_once(':')?;
    let discount = Amount::from_sum(Position::from_fen(fen.parse().ok()?))?;
    Some(Voucher { campaign: campaign.parse().ok()?, discount })
}

fn loan_use(used: LoanUse) -> String {
    match used {
        LoanUse::Disbursement => "paid-out".to_owned(),
        LoanUse::Instalment(number) => format!("instalment-{number}"),
        LoanUse::Repayment(principal) => format!("early-{}", principal.fen()),
    }
}

fn loan(text: &str) -> Option<LoanPart> {
    let (loan, used) = text.split_once(':')?;
    let used = match used.rsplit_once('-')? {
        ("paid", "out") => LoanUse::Disbursement,
        ("instalment", number) => LoanUse::Instalment(number.parse().ok()?),
        ("early", fen) => {
            LoanUse::Repayment(Amount::from_sum(Position::from_fen(fen.parse().ok()?))?)
        }
        _ => return None,
    };
    Some(LoanPart { loan: loan.parse().ok()?, used })
}

fn subscription(text: &str) -> Option<WealthPart> {
    let (product, class) = text.split_once(':')?;
    let class = class.parse().ok().filter(|class| (1..=4).contains(class))?;
    Some(WealthPart::Subscription { product: product.parse().ok()?, class })
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().and_then(Timestamp::checked)
}

fn read(text: &str) -> Option<Details> {
    let mut rest = text;
    let purpose = part(&mut rest, "purpose").map(Purpose::named);
    let bill = part(&mut rest, "bill").map(BillReference::from_str);
    let refund_of = part(&mut rest, "refund_of").map(PaymentId::from_str);
    let discounted = part(&mut rest, "voucher").map(voucher);
    let granted = part(&mut rest, "grant").map(GrantTerms::from_str);
    let lent = part(&mut rest, "loan").map(loan);
    let subscribed = part(&mut rest, "wealth").map(subscription);
    let redeemed = part(&mut rest, "redeems").map(|id| id.parse().map(WealthPart::Redemption));
    let earliest = part(&mut rest, "earliest").map(moment);
    let latest = part(&mut rest, "latest").map(moment);
    Some(Details {
        purpose: match purpose {
            Some(named) => Some(named?),
            None => None,
        },
        bill: bill.transpose().ok()?,
        refund_of: refund_of.transpose().ok()?,
        voucher: match discounted {
            Some(read) => Some(read?),
            None => None,
        },
        grant: granted.transpose().ok()?.map(Box::new),
        loan: match lent {
            Some(read) => Some(read?),
            None => None,
        },
        wealth: match (subscribed, redeemed) {
            (Some(read), None) => Some(read?),
            (None, Some(read)) => Some(read.ok()?),
            (None, None) => None,
            (Some(_), Some(_)) => return None,
        },
        times: SettlementTimes {
            earliest: match earliest {
                Some(read) => Some(read?),
                None => None,
            },
            latest: match latest {
                Some(read) => Some(read?),
                None => None,
            },
        },
    })
}

impl Field for Box<Eligibility> {
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>) {
        columns.push(ColumnSpec { name, kind: Kind::Text, nullable: false });
    }

    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        sink.put(Value::Text(&self.to_string()))
    }

    fn take(source: &mut impl Source) -> Result<Self, Malformed> {
        let value = source.next()?;
        let Value::Text(text) = value else { return Err(unexpected(value)) };
        text.parse().map(Self::new).map_err(|_| unexpected(value))
    }
}

impl Field for Option<Box<Details>> {
    fn columns(name: &'static str, columns: &mut Vec<ColumnSpec>) {
        columns.push(ColumnSpec { name, kind: Kind::Text, nullable: true });
    }

    fn put<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        match self {
            Some(details) => sink.put(Value::Text(&text(details))),
            None => sink.put(Value::Null),
        }
    }

    fn take(source: &mut impl Source) -> Result<Self, Malformed> {
        let value = source.next()?;
        let found = match value {
            Value::Null => return Ok(None),
            Value::Text(found) => found,
            Value::Integer(_) | Value::Blob(_) => return Err(unexpected(value)),
        };
        // One text for one meaning: another spelling would be hashed otherwise.
        let details = read(found).filter(|details| text(details) == found);
        match details.and_then(Details::boxed) {
            Some(details) => Ok(Some(details)),
            None => Err(unexpected(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::LoanId;

    fn of_loan(used: LoanUse) -> Details {
        let loan = Some(LoanPart { loan: LoanId([8; 16]), used });
        Details { loan, ..Details::default() }
    }

    fn of_wealth(text: &str) -> Details {
        read(text).unwrap()
    }

    #[test]
    fn the_text_of_details_reads_back_and_has_one_spelling() {
        let bill = Some("TAX=1".parse().unwrap());
        let refund_of = Some(PaymentId([7; 16]));
        let campaign = "0021000000000013".parse().unwrap();
        let voucher = Some(Voucher { campaign, discount: Amount::from_fen(500).unwrap() });
        for details in [
            Details {
                purpose: Some(Purpose::Tax),
                bill: bill.clone(),
                refund_of,
                voucher,
                grant: None,
                loan: None,
                wealth: None,
                times: read("earliest=1 latest=20").unwrap().times,
            },
            of_wealth("latest=9"),
            of_wealth("redeems=09090909-0909-0909-0909-090909090909 earliest=9"),
            of_loan(LoanUse::Disbursement),
            of_loan(LoanUse::Instalment(360)),
            of_loan(LoanUse::Repayment(Amount::from_fen(7).unwrap())),
            Details { grant: "1:2:0.0.0.2.5".parse().ok().map(Box::new), ..Details::default() },
            of_wealth("wealth=CCB-1:4"),
            of_wealth("redeems=09090909-0909-0909-0909-090909090909"),
            Details { voucher, ..Details::default() },
            Details { bill, ..Details::default() },
            Details { refund_of, ..Details::default() },
        ] {
            assert_eq!(read(&text(&details)), Some(details));
        }
        let canonical = |found: &str| {
            read(found).filter(|details| text(details) == found && *details != Details::default())
        };
        assert!(canonical("purpose=tax bill=TAX-1").is_some());
        for other in [
            "",
            " ",
            "tax",
            "purpose=none",
            "purpose=tax ",
            "purpose=tax  bill=A",
            "bill=A purpose=tax",
            "bill=A B",
            "latest=1 earliest=1",
            "latest=01",
            "latest=-1",
            "earliest=",
            "voucher=0021000000000013:05",
            "voucher=0021000000000013:-5",
            "voucher=0021000000000013",
            "voucher=0021000000000014:5",
            "grant=1:2",
            "grant=1:02:0.0.0..0",
            "loan=08080808-0808-0808-0808-080808080808",
            "loan=08080808-0808-0808-0808-080808080808:instalment-03",
            "loan=08080808-0808-0808-0808-080808080808:early--1",
            "loan=8:paid-out",
            "wealth=CCB-1",
            "wealth=CCB-1:5",
            "wealth=CCB-1:02",
            "wealth=:2",
            "redeems=9",
            "wealth=CCB-1:2 redeems=09090909-0909-0909-0909-090909090909",
            "refund_of=7",
            "refund_of=07070707-0707-0707-0707-0707070707070",
        ] {
            assert_eq!(canonical(other), None, "{other:?}");
        }
    }
}
