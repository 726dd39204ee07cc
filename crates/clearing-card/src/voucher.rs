//! Vouchers as bytes, and signed.

use clearing_domain::money::{Amount, Position, Timestamp, WalletNumber};
use clearing_domain::operator::OfflineVoucher;
use thiserror::Error;

use crate::key::{Certificate, Key, PUBLIC_BYTES, SIGNATURE_BYTES, is_signed};

/// What a voucher begins with, so that its bytes are those of nothing else.
const VOUCHER: &[u8; 26] = b"clearing.v1.OfflineVoucher";
/// How many bytes a card signs.
pub const VOUCHER_BYTES: usize = 66;
/// How many bytes pass from a card to who is paid: a voucher, its signature, and the certificate.
pub const TAP_BYTES: usize = VOUCHER_BYTES + SIGNATURE_BYTES + PUBLIC_BYTES + SIGNATURE_BYTES;

/// What a card signs, all numbers as 8 bytes with the highest first: 26 characters, card, counter,
/// payee, fen, and milliseconds since 1970.
pub fn voucher_bytes(voucher: &OfflineVoucher) -> [u8; VOUCHER_BYTES] {
    let OfflineVoucher { card, counter, payee, amount, signed_at } = *voucher;
    let numbers = [
        card.as_u64().to_be_bytes(),
        counter.to_be_bytes(),
        payee.as_u64().to_be_bytes(),
        amount.fen().to_be_bytes(),
        signed_at.ms().to_be_bytes(),
    ];
    let mut bytes = [0; VOUCHER_BYTES];
    bytes[..26].copy_from_slice(VOUCHER);
    for (place, number) in (26..).step_by(8).zip(numbers) {
        bytes[place..place + 8].copy_from_slice(&number);
    }
    bytes
}

/// A voucher with a signature, which may be forged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedVoucher {
    /// What is signed.
    pub voucher: OfflineVoucher,
    /// The signature.
    pub signature: [u8; SIGNATURE_BYTES],
}

impl SignedVoucher {
    /// Signs a voucher with the key of its card.
    pub fn new(voucher: OfflineVoucher, key: &Key) -> Self {
        Self { voucher, signature: key.sign(&voucher_bytes(&voucher)) }
    }

    /// Whether it is signed with the secret part of a key.
    pub fn is_of(&self, key: &[u8; PUBLIC_BYTES]) -> bool {
        is_signed(key, &voucher_bytes(&self.voucher), &self.signature)
    }
}

/// What a card gives to who is paid: a voucher and what proves the key of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedVoucher {
    /// The voucher.
    pub signed: SignedVoucher,
    /// The certificate of the card.
    pub certificate: Certificate,
}

/// Why a tap is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TapError {
    /// The bytes are not those of a tap.
    #[error("{0} bytes are no voucher of a card")]
    Malformed(usize),
    /// The issuer has not given the certificate.
    #[error("the certificate is not one of that issuer")]
    Certificate,
    /// The card has not signed it.
    #[error("the voucher is not signed by its card")]
    Signature,
}

impl CertifiedVoucher {
    /// Checks certificate and signature, as who is paid does without network.
    pub fn check(&self, issuer: &[u8; PUBLIC_BYTES]) -> Result<(), TapError> {
        if self.certificate.card != self.signed.voucher.card || !self.certificate.is_of(issuer) {
            return Err(TapError::Certificate);
        }
        if self.signed.is_of(&self.certificate.key) { Ok(()) } else { Err(TapError::Signature) }
    }

    /// As bytes: the voucher, its signature, the key of the card, and the signature of its issuer.
    pub fn to_bytes(&self) -> [u8; TAP_BYTES] {
        let mut bytes = [0; TAP_BYTES];
        let parts: [&[u8]; 4] = [
            &voucher_bytes(&self.signed.voucher),
            &self.signed.signature,
            &self.certificate.key,
            &self.certificate.signature,
        ];
        let mut place = 0;
        for part in parts {
            bytes[place..place + part.len()].copy_from_slice(part);
            place += part.len();
        }
        bytes
    }

    /// Reads the bytes of [`CertifiedVoucher::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TapError> {
        let malformed = TapError::Malformed(bytes.len());
        let all: &[u8; TAP_BYTES] = bytes.try_into().map_err(|_| malformed)?;
        let (voucher, rest) = all.split_at(VOUCHER_BYTES);
        let (signature, rest) = rest.split_at(SIGNATURE_BYTES);
        let (key, issuer) = rest.split_at(PUBLIC_BYTES);
        let voucher = read(voucher).ok_or(malformed)?;
        let signature = signature.try_into().map_err(|_| malformed)?;
        Ok(Self {
            signed: SignedVoucher { voucher, signature },
            certificate: Certificate {
                card: voucher.card,
                key: key.try_into().map_err(|_| malformed)?,
                signature: issuer.try_into().map_err(|_| malformed)?,
            },
        })
    }
}

fn read(bytes: &[u8]) -> Option<OfflineVoucher> {
    let rest = bytes.strip_prefix(VOUCHER)?;
    let number = |place: usize| {
        let bytes = rest.get(8 * place..8 * place + 8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    };
    let wallet = |place| WalletNumber::from_u64(number(place)?).ok();
    Some(OfflineVoucher {
        card: wallet(0)?,
        counter: number(1)?,
        payee: wallet(2)?,
        amount: Amount::from_sum(Position::from_fen(number(3)?.cast_signed()))?,
        signed_at: Timestamp::checked(number(4)?.cast_signed())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card_bytes;

    fn wallet(text: &str) -> WalletNumber {
        text.parse().unwrap()
    }

    fn voucher() -> OfflineVoucher {
        OfflineVoucher {
            card: wallet("0025000000000019"),
            counter: 7,
            payee: wallet("0033000000000019"),
            amount: Amount::from_fen(350).unwrap(),
            signed_at: Timestamp::from_ms(1_661_313_600_000),
        }
    }

    fn tap(card: &Key, issuer: &Key) -> CertifiedVoucher {
        let signed = SignedVoucher::new(voucher(), card);
        CertifiedVoucher { signed, certificate: issuer.certify(voucher().card, &card.public()) }
    }

    #[test]
    fn the_bytes_are_those_that_the_documents_say() {
        let bytes = voucher_bytes(&voucher());
        assert_eq!(&bytes[..26], VOUCHER);
        assert_eq!(bytes[34..42], [0, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(bytes[50..58], 350_i64.to_be_bytes());
        assert_eq!(bytes[58..], 1_661_313_600_000_i64.to_be_bytes());
        assert_eq!(bytes[26..34], 25_000_000_000_019_u64.to_be_bytes());
        let key = [5; 32];
        assert_eq!(card_bytes(voucher().card, &key)[34..], key);
    }

    #[test]
    fn a_tap_is_read_back_and_checked_without_network() {
        let [card, issuer, other] = [1, 2, 3].map(|seed| Key::from_seed(&[seed; 32]));
        let good = tap(&card, &issuer);
        let again = CertifiedVoucher::from_bytes(&good.to_bytes()).unwrap();
        assert_eq!(again, good);
        assert_eq!(good.check(&issuer.public()), Ok(()));
        assert_eq!(good.check(&other.public()), Err(TapError::Certificate));
        assert_eq!(tap(&card, &other).check(&issuer.public()), Err(TapError::Certificate));
        let forged = SignedVoucher::new(voucher(), &other);
        let forged = CertifiedVoucher { signed: forged, ..good.clone() };
        assert_eq!(forged.check(&issuer.public()), Err(TapError::Signature));
    }

    #[test]
    fn no_byte_of_a_tap_can_be_changed() {
        let [card, issuer] = [1, 2].map(|seed| Key::from_seed(&[seed; 32]));
        let good = tap(&card, &issuer).to_bytes();
        for place in 0..TAP_BYTES {
            let mut bytes = good;
            bytes[place] ^= 1;
            let checked =
                CertifiedVoucher::from_bytes(&bytes).map(|tap| tap.check(&issuer.public()));
            assert!(!matches!(checked, Ok(Ok(()))), "byte {place}");
        }
        assert_eq!(
            CertifiedVoucher::from_bytes(&good[1..]),
            Err(TapError::Malformed(TAP_BYTES - 1))
        );
    }
}
