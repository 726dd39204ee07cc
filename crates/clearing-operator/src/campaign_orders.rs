//! Converts campaigns and grants between messages and the domain.

use clearing_api::enums::{self, WireEnum};
use clearing_api::status::FieldError;
use clearing_api::text::{self, timestamp};
use clearing_api::v1;
use clearing_domain::details::{ELIGIBLE_OPERATORS_MAX, Eligibility, NumberSet};
use clearing_domain::link::{Head, RosterEntry};
use clearing_domain::money::{Amount, Prefix, RequestKey, Timestamp, Total, WalletNumber};
use clearing_domain::operator::{
    Campaign, CampaignEvent, CampaignEventKind, CampaignKind, CampaignOrder, CampaignRow, ClaimRow,
    ClaimedVoucher, ContentMark, OperatorLedger, Redemption, WalletGrant,
};
use clearing_domain::{HashKey, Reason};
use prost::Message;

/// The most values of a list of an eligibility.
const LISTED_MAX: usize = 62;

/// Reads a request for a campaign; its eligibility comes with it, as operators of merchants are
/// named by codes that the ledger knows.
pub(crate) fn order(
    request: v1::CreateCampaignRequest,
    key: &HashKey,
) -> Result<(CampaignOrder, v1::Eligibility), FieldError> {
    let request_id = text::request_id(&request.request_id)?;
    let campaign = request.campaign.unwrap_or_default();
    let content = campaign.encode_to_vec();
    let mark = ContentMark::of(key, &RequestKey::without_wallet(&request_id), &[&content]);
    let order = CampaignOrder {
        request_id,
        sponsor: text::wallet_number("sponsor_wallet", &campaign.sponsor_wallet)?,
        title: text::person_text("title", &campaign.title)?,
        kind: enums::read::<v1::campaign::Kind>("kind", campaign.kind)?,
        face: text::positive_amount("face_amount", &campaign.face_amount)?,
        winners: campaign.winner_count,
        pool: text::positive_amount("pool_amount", &campaign.pool_amount)?,
        eligible: Eligibility::default(),
        register: (
            time("register_from", campaign.register_from.as_ref())?,
            time("register_until", campaign.register_until.as_ref())?,
        ),
        claim_until: time("claim_until", campaign.claim_until.as_ref())?,
        valid: (
            time("valid_from", campaign.valid_from.as_ref())?,
            time("valid_until", campaign.valid_until.as_ref())?,
        ),
        commitment: match campaign.commitment.as_str() {
            "" => None,
            digits => Some(head("commitment", digits)?),
        },
        salt: None,
        content: Some(mark),
    };
    Ok((order, campaign.eligibility.unwrap_or_default()))
}

/// Reads a moment that must be given.
pub(crate) fn time(
    field: &'static str,
    given: Option<&prost_types::Timestamp>,
) -> Result<Timestamp, FieldError> {
    let missing = || FieldError::new(Reason::FieldInvalid, field, format!("{field} is not given"));
    text::time(field, given.ok_or_else(missing)?)
}

/// Reads 64 hexadecimal digits.
pub(crate) fn head(field: &'static str, digits: &str) -> Result<Head, FieldError> {
    let digit = |place: usize| {
        let found = digits.as_bytes().get(place)?;
        u8::try_from(char::from(*found).to_digit(16)?).ok()
    };
    let byte = |place: usize| Some(digit(2 * place)? << 4 | digit(2 * place + 1)?);
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    let read = bytes.filter(|_| digits.len() == 64).and_then(|bytes| bytes.try_into().ok());
    read.ok_or_else(|| {
        let message = format!("{field} is not 64 hexadecimal digits");
        FieldError::new(Reason::FieldInvalid, field, message)
    })
}

/// Shows 32 bytes as hexadecimal digits.
pub(crate) fn hex(head: &Head) -> String {
    head.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads what a campaign pays for; operators are those of the roster.
pub(crate) fn eligibility(
    wanted: &v1::Eligibility,
    roster: &[RosterEntry],
) -> Result<Eligibility, FieldError> {
    let v1::Eligibility { categories, regions, purposes, operator_codes, min_spend } = wanted;
    few("categories", categories.len(), LISTED_MAX)?;
    few("regions", regions.len(), LISTED_MAX)?;
    few("purposes", purposes.len(), LISTED_MAX)?;
    few("operator_codes", operator_codes.len(), ELIGIBLE_OPERATORS_MAX)?;
    let prefix = |code: &String| {
        let code = text::operator_code_in("operator_codes", code)?;
        let entry = roster.iter().find(|entry| entry.code == code);
        entry.map(|entry| entry.prefix).ok_or_else(|| {
            let message = format!("operator {code} is not known");
            FieldError::new(Reason::OperatorUnknown, "operator_codes", message)
        })
    };
    let mut operators: Vec<Prefix> = operator_codes.iter().map(prefix).collect::<Result<_, _>>()?;
    operators.sort_unstable();
    operators.dedup();
    let category = |number: &i32| enums::read::<v1::MerchantCategory>("categories", *number);
    let region = |number: &i32| enums::read::<v1::Region>("regions", *number);
    let purpose = |number: &i32| enums::read::<v1::Purpose>("purposes", *number);
    Ok(Eligibility {
        categories: set(categories, |number| category(number).map(|found| found as u8))?,
        regions: set(regions, |number| region(number).map(|found| found as u8))?,
        purposes: set(purposes, |number| purpose(number).map(|found| found as u8))?,
        operators: operators.into(),
        min_spend: match min_spend.as_str() {
            "" => Amount::ZERO,
            given => text::amount_or_zero("min_spend", given)?,
        },
    })
}

fn set(
    numbers: &[i32],
    read: impl Fn(&i32) -> Result<u8, FieldError>,
) -> Result<NumberSet, FieldError> {
    let numbers = numbers.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(NumberSet::of(numbers).unwrap_or_default())
}

fn few(field: &'static str, found: usize, most: usize) -> Result<(), FieldError> {
    if found <= most {
        return Ok(());
    }
    let message = format!("{field} has {found} values, more than {most}");
    Err(FieldError::new(Reason::FieldInvalid, field, message))
}

fn show_eligibility(eligible: &Eligibility, roster: &[RosterEntry]) -> v1::Eligibility {
    let numbers = |set: NumberSet| set.numbers().map(i32::from).collect();
    let code = |prefix: &Prefix| {
        let entry = roster.iter().find(|entry| entry.prefix == *prefix);
        entry.map_or_else(|| format!("prefix {prefix}"), |entry| entry.code.to_string())
    };
    v1::Eligibility {
        categories: numbers(eligible.categories),
        regions: numbers(eligible.regions),
        purposes: numbers(eligible.purposes),
        operator_codes: eligible.operators.iter().map(code).collect(),
        min_spend: eligible.min_spend.to_string(),
    }
}

/// A campaign as it stands.
pub(crate) fn campaign(
    ledger: &OperatorLedger,
    campaign: &Campaign,
    now: Timestamp,
) -> v1::Campaign {
    let (row, number) = (&campaign.row, campaign.row.campaign);
    let sponsor = ledger.wallet(number).and_then(|wallet| ledger.sub_wallet(wallet));
    let sponsor = sponsor.map(|found| ledger.wallets()[found.parent].number.to_string());
    let claimed = Total::times(row.face, campaign.claimed());
    v1::Campaign {
        campaign_wallet: number.to_string(),
        terms: Some(v1::NewCampaign {
            sponsor_wallet: sponsor.unwrap_or_default(),
            title: row.title.as_deref().unwrap_or_default().to_owned(),
            kind: v1::campaign::Kind::of(row.kind).into(),
            face_amount: row.face.to_string(),
            winner_count: row.winners,
            pool_amount: campaign.funded().to_string(),
            eligibility: Some(show_eligibility(&row.eligible, ledger.roster())),
            register_from: Some(timestamp(row.register_from)),
            register_until: Some(timestamp(row.register_until)),
            claim_until: Some(timestamp(row.claim_until)),
            valid_from: Some(timestamp(row.valid_from)),
            valid_until: Some(timestamp(row.valid_until)),
            commitment: row.commitment.as_ref().map(hex).unwrap_or_default(),
        }),
        create_time: Some(timestamp(row.at)),
        pool_balance: ledger.pool_of(number).to_string(),
        promised_amount: ledger.promised(campaign, now).to_string(),
        registered_count: campaign.registered() as u64,
        draw: campaign.draw.map(|draw| v1::DrawResult {
            seed: hex(&draw.seed),
            winner_count: campaign.won() as u64,
            draw_time: Some(timestamp(draw.at)),
        }),
        claimed_count: campaign.claimed() as u64,
        claimed_amount: claimed.to_string(),
        reclaimed_amount: campaign.reclaimed().to_string(),
        redeemed_count: campaign.redeemed() as u64,
        redeemed_turnover: campaign.turnover().to_string(),
        redeemed_merchant_count: campaign.merchants() as u64,
        closed: ledger.is_campaign_closed(number),
    }
}

/// What was claimed of a campaign.
pub(crate) fn claimed(claim: &ClaimRow, of: &CampaignRow) -> v1::ClaimedGrant {
    let terms = || v1::VoucherTerms {
        valid_from: Some(timestamp(of.valid_from)),
        valid_until: Some(timestamp(of.valid_until)),
    };
    v1::ClaimedGrant {
        campaign_wallet: claim.campaign.to_string(),
        wallet_number: claim.wallet.to_string(),
        amount: of.face.to_string(),
        payment_id: claim.payment.map(|id| id.to_string()).unwrap_or_default(),
        claim_time: Some(timestamp(claim.at)),
        voucher: (of.kind == CampaignKind::Voucher).then(terms),
    }
}

/// Reads the voucher that the operator of a campaign says a wallet has claimed; `None` of a red
/// packet.
pub(crate) fn claimed_voucher(
    campaign: WalletNumber,
    wallet: WalletNumber,
    claimed: &v1::ClaimedGrant,
) -> Result<Option<ClaimedVoucher>, FieldError> {
    let Some(terms) = &claimed.voucher else { return Ok(None) };
    let face = text::positive_amount("amount", &claimed.amount)?;
    let valid = (
        time("valid_from", terms.valid_from.as_ref())?,
        time("valid_until", terms.valid_until.as_ref())?,
    );
    Ok(Some(ClaimedVoucher { wallet, campaign, face, valid }))
}

/// A grant in a wallet.
pub(crate) fn grant(grant: &WalletGrant, roster: &[RosterEntry]) -> v1::WalletGrant {
    v1::WalletGrant {
        campaign_wallet: grant.campaign.to_string(),
        claim_payment_id: grant.claim.to_string(),
        amount: grant.amount.to_string(),
        left_amount: grant.left.to_string(),
        valid_from: Some(timestamp(grant.terms.valid_from)),
        valid_until: Some(timestamp(grant.terms.valid_until)),
        eligibility: Some(show_eligibility(&grant.terms.eligible, roster)),
    }
}

/// What became of the grants of a campaign.
pub(crate) fn redemption(found: &Redemption) -> v1::GetRedemptionResponse {
    v1::GetRedemptionResponse {
        grant_count: found.grants as u64,
        granted_amount: found.granted.to_string(),
        payment_count: found.payments as u64,
        spent_amount: found.spent.to_string(),
        added_amount: found.added.to_string(),
        merchant_count: found.merchants as u64,
        left_amount: found.left.to_string(),
        reclaimed_amount: found.reclaimed.to_string(),
    }
}

/// Something that happened to a campaign.
pub(crate) fn event(event: &CampaignEvent) -> v1::WatchCampaignResponse {
    use v1::watch_campaign_response::Kind;
    let shown = |kind: Kind, wallet: Option<WalletNumber>| v1::WatchCampaignResponse {
        kind: kind.into(),
        event_time: Some(timestamp(event.at)),
        wallet_number: wallet.map(|wallet| wallet.to_string()).unwrap_or_default(),
        ..v1::WatchCampaignResponse::default()
    };
    match event.kind {
        CampaignEventKind::Created => shown(Kind::Created, None),
        CampaignEventKind::Registered(wallet) => shown(Kind::Registered, Some(wallet)),
        CampaignEventKind::Drawn(winners) => {
            v1::WatchCampaignResponse { winner_count: winners as u64, ..shown(Kind::Drawn, None) }
        }
        CampaignEventKind::Claimed(wallet) => shown(Kind::Claimed, Some(wallet)),
        CampaignEventKind::Redeemed(wallet, payment) => v1::WatchCampaignResponse {
            payment_id: payment.to_string(),
            ..shown(Kind::Redeemed, Some(wallet))
        },
        CampaignEventKind::Reclaimed(wallet, amount) => v1::WatchCampaignResponse {
            amount: amount.to_string(),
            ..shown(Kind::Reclaimed, Some(wallet))
        },
        CampaignEventKind::Closed(amount) => {
            v1::WatchCampaignResponse { amount: amount.to_string(), ..shown(Kind::Closed, None) }
        }
    }
}
