//! The subcommand `clearing card`.

mod file;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use clearing_api::text::timestamp;
use clearing_card::{CertifiedVoucher, SignedVoucher, TAP_BYTES, from_hex, to_hex};
use clearing_domain::money::{Amount, WalletNumber};
use clearing_domain::operator::OfflineVoucher;
use clearing_node::clock;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::print_line;
use file::{CardFile, public_key};

/// Plays the chip of a hard wallet and the phone of a payee, both without network.
///
/// A card is a file with its secret key and what its chip counts. What a card hands over is one word of
/// hexadecimal digits: the voucher, its signature and the certificate of the card.
#[derive(Debug, Args)]
#[command(after_help = "\
The issuer's calls are those of OfflineService; docs/wallets.md shows a whole session.

Example:
  clearing card new card.toml")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes the key of a new card and prints the public part, for IssueHardWallet.
    #[command(after_help = "Example:\n  clearing card new card.toml")]
    New {
        /// File of the card, which must not exist.
        file: PathBuf,
    },
    /// Writes onto the card what its issuer answered.
    #[command(after_help = "\
Example:
  clearing card certify card.toml --number 0025000000000019 --certificate HEX --issuer HEX")]
    Certify {
        /// File of the card.
        file: PathBuf,
        /// Number of the card.
        #[arg(long)]
        number: WalletNumber,
        /// Certificate of the card: 128 hexadecimal digits.
        #[arg(long)]
        certificate: String,
        /// Key of the issuer, as GetCardIssuer answers: 64 hexadecimal digits.
        #[arg(long)]
        issuer: String,
    },
    /// Lets the chip count what was loaded by LoadHardWallet.
    #[command(after_help = "Example:\n  clearing card load card.toml --amount 50")]
    Load {
        /// File of the card.
        file: PathBuf,
        /// How much, in yuan.
        #[arg(long)]
        amount: String,
    },
    /// Signs a voucher and prints what the card hands over.
    #[command(after_help = "\
Example:
  clearing card sign card.toml --payee 0033000000000019 --amount 3.50")]
    Sign {
        /// File of the card.
        file: PathBuf,
        /// Number of the wallet to credit.
        #[arg(long)]
        payee: WalletNumber,
        /// How much, in yuan.
        #[arg(long)]
        amount: String,
        /// Use this counter once more, and no money, as a broken chip would.
        #[arg(long, value_name = "COUNTER")]
        cheat: Option<u64>,
        /// Date it so many seconds back.
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        ago: u32,
    },
    /// Checks what a card handed over, as the phone of a payee does, and prints the voucher as
    /// UploadVouchers takes it. Exits 1 when it is forged.
    #[command(after_help = "Example:\n  clearing card verify HEX --issuer HEX")]
    Verify {
        /// What the card handed over.
        tap: String,
        /// Key of the issuer, as GetCardIssuer answers: 64 hexadecimal digits.
        #[arg(long)]
        issuer: String,
    },
    /// Shows a card without its secret key.
    #[command(after_help = "Example:\n  clearing card show card.toml")]
    Show {
        /// File of the card.
        file: PathBuf,
    },
}

pub(crate) fn execute(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.action {
        Action::New { file } => {
            let card = CardFile::new(&file, rand::random());
            card.create()?;
            print_line(to_hex(&card.key().public()))?;
        }
        Action::Certify { file, number, certificate, issuer } => {
            certify(CardFile::read(&file)?, number, &certificate, &issuer)?;
        }
        Action::Load { file, amount } => {
            let mut card = CardFile::read(&file)?;
            let sum = card.float.checked_add(yuan(&amount)?);
            card.float = sum.ok_or_else(|| card.wrong("cannot hold so much"))?;
            card.write()?;
        }
        Action::Sign { file, payee, amount, cheat, ago } => {
            let card = CardFile::read(&file)?;
            print_line(sign(card, payee, yuan(&amount)?, (cheat, ago))?)?;
        }
        Action::Verify { tap, issuer } => print_line(verify(&tap, &issuer)?)?,
        Action::Show { file } => print_line(format_args!("{:#}", show(&CardFile::read(&file)?)))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn yuan(text: &str) -> Result<Amount, Failure> {
    Amount::positive(text).map_err(Failure::usage)
}

fn certify(
    mut card: CardFile,
    number: WalletNumber,
    certificate: &str,
    issuer: &str,
) -> Result<(), Failure> {
    let malformed = |error| Failure::usage(format!("the certificate: {error}"));
    let signature = from_hex(certificate).map_err(malformed)?;
    card.issued = Some((number, signature));
    if !card.certificate()?.is_of(&public_key(issuer)?) {
        return Err(Failure::check("the certificate is not one of that issuer for this card"));
    }
    card.write()
}

/// Signs a voucher; what is signed is counted first, so that no counter is used twice by a crash.
fn sign(
    mut card: CardFile,
    payee: WalletNumber,
    amount: Amount,
    (cheat, ago): (Option<u64>, u32),
) -> Result<String, Failure> {
    let certificate = card.certificate()?;
    let counter = cheat.unwrap_or(card.counter + 1);
    if cheat.is_none() {
        let left = card.float.checked_sub(amount);
        let short = || Failure::check(format!("the card holds {} yuan", card.float));
        let left = left.ok_or_else(short)?;
        card.float = left;
        card.counter = counter;
        card.write()?;
    }
    let signed_at = clock::now().plus_ms(-1_000 * i64::from(ago));
    let voucher = OfflineVoucher { card: certificate.card, counter, payee, amount, signed_at };
    let signed = SignedVoucher::new(voucher, &card.key());
    Ok(to_hex(&CertifiedVoucher { signed, certificate }.to_bytes()))
}

fn verify(tap: &str, issuer: &str) -> Result<String, Failure> {
    let malformed = |error| Failure::usage(format!("what the card handed over: {error}"));
    let bytes: [u8; TAP_BYTES] = from_hex(tap).map_err(malformed)?;
    let tap = CertifiedVoucher::from_bytes(&bytes).map_err(Failure::check)?;
    tap.check(&public_key(issuer)?).map_err(Failure::check)?;
    let SignedVoucher { voucher, signature } = tap.signed;
    let shown = json!({
        "cardNumber": voucher.card.to_string(),
        "counter": voucher.counter.to_string(),
        "payeeWallet": voucher.payee.to_string(),
        "amount": voucher.amount.to_string(),
        "signTime": timestamp(voucher.signed_at).to_string(),
        "signature": to_hex(&signature),
    });
    Ok(format!("{shown:#}"))
}

fn show(card: &CardFile) -> Value {
    json!({
        "publicKey": to_hex(&card.key().public()),
        "cardNumber": card.issued.map(|(number, _)| number.to_string()),
        "counter": card.counter,
        "float": card.float.to_string(),
    })
}
