//! The tables by which an experiment models a scenario.

use clearing_config::{Yuan, table};
use serde::{Deserialize, Serialize};
use toml::Value;

table! {
    /// The `[scenario]` table.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawScenario at "scenario" {
        /// The number of the scenario that the experiment models, as in docs/scenarios.md.
        number: u32 = else "none", "", 1 to 99;
        /// What the scenario is called.
        title: String = else "none", "", "any text";
        /// What is known of it, in words of our own.
        statement: String = else "none", "", "any text";
        /// Where it was.
        place: String = else "none", "", "any text";
        /// When it was.
        date: String = else "none", "", "any text";
        /// What a run prints in the end; a figure in braces is put in, as in {completed}.
        #[serde(default)]
        story: String = else "empty", "", "any text";
    }
}

table! {
    /// One of `[[wallet]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawWallet at "wallet[]" {
        /// The name by which series, actions and figures speak of the wallet, or of all of a group.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who holds it.
        kind: String = else "none", "",
            "personal | corporate | merchant | government | hard | operator";
        /// Its operator; wallets without one are spread over all operators by their weights.
        operator: Option<String> = else "all of them", "", "a code or an identifier of the roster";
        /// The bank whose customers hold them, which takes part through the operator.
        participant: Option<String> = else "none", "", "a code of cluster.operators[].indirect";
        /// The operators that a group is spread over, where not over all.
        #[serde(skip_serializing_if = "Option::is_none")]
        operators: Option<Vec<String>> = else "all of them", "", "codes of the roster, without operator";
        /// How many wallets have the name; with a scale, one in so many of them.
        count: Option<u64> = else "1", "wallets", 1 to 10000000;
        /// The class of each; legal entities are of class 1.
        class: Option<u32> = else "1", "", 1 to 4;
        /// What is exchanged out into each when it is opened.
        opening: Option<Yuan> = else "0.00", "yuan", "0.00 to 10000000000000.00";
    }
}

table! {
    /// One of `[[series]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawSeries at "series[]" {
        /// The name by which actions and figures speak of the payments.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who pays, one wallet of the name after the other.
        from: String = else "none", "", "the name of wallets";
        /// Who is paid; of several wallets each payment draws one.
        to: String = else "none", "", "the name of wallets";
        /// How many payments on each of its days; with a scale, one in so many of them.
        count: Option<u64> = else "one of each payer", "payments", 1 to 100000000;
        /// The days of the run on which they are made.
        days: Option<Vec<u32>> = else "[1]", "", "days of the run, ascending";
        /// The time of day from which on they are made, evenly spread.
        begin: Option<String> = else "09:00", "HH:MM[:SS] in Shanghai", "before until";
        /// The time of day by which they are made.
        until: Option<String> = else "17:00", "HH:MM[:SS] in Shanghai", "up to 24:00";
        /// How much each is, or the least of it.
        amount: Option<Yuan> = else "that of the bill", "yuan", "0.01 to 10000000000000.00";
        /// The most of it; amounts are drawn evenly between the two.
        amount_max: Option<Yuan> = else "amount", "yuan", "from amount on";
        /// What they are for.
        purpose: Option<String> = else "none", "", "a purpose as in payment_details.proto: tax, metro";
        /// The series whose bills they pay, one after the other; it may be the series itself.
        bills: Option<String> = else "none", "", "the name of this or of an earlier series";
        /// The series whose payments are redeemed: payees pay back what they received.
        redeems: Option<String> = else "none", "", "the name of an earlier series";
        /// One in so many of those payments is redeemed.
        every: Option<u64> = else "1", "", 1 to 1000000;
        /// By how much each payment is less than its bill.
        short: Option<Yuan> = else "0.00", "yuan", "less than the amount";
        /// The campaign whose money they spend: wallets that have claimed nothing of it make none, and
        /// a voucher pays a part of each.
        campaign: Option<String> = else "none", "", "the name of a campaign";
        /// Which part of the payments spend money of the campaign; the others are of the payers' own
        /// money.
        #[serde(skip_serializing_if = "Option::is_none")]
        share: Option<Value> = else "1", "",
            "a part from 0 to 1, as a number or text, beside campaign";
        /// How likely it is that a wallet pays once more on a day of the series that has paid on the day
        /// of it before, or since then has taken or spent money of a campaign: with 0 that leaves no
        /// trace, with 1 each goes on.
        #[serde(skip_serializing_if = "Option::is_none")]
        sticky: Option<Value> = else "0", "", "a part from 0 to 1, as a number or text";
        /// The front-end by which they are made: wallets that are not bound to it make none.
        front_end: Option<String> = else "none", "", "any text";
    }
}

table! {
    /// One of `[[campaign]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawCampaign at "campaign[]" {
        /// The name by which series, actions and figures speak of the campaign.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who pays for it.
        sponsor: String = else "none", "", "the name of a wallet";
        /// What it hands out.
        kind: String = else "none", "", "red-packet | voucher";
        /// How much each winner gets.
        face: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// How many win; with a scale, one in so many of them.
        winners: u64 = else "none", "wallets", 1 to 10000000;
        /// What is put into the pool; with a scale, that part of it.
        pool: Option<Yuan> = else "enough for all winners", "yuan", "0.01 to 10000000000000.00";
        /// From when on and until when one may register.
        register: [String; 2] = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai", "two times";
        /// The last moment to claim.
        claim_until: String = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai",
            "not before register";
        /// From when on and until when the money may be spent.
        valid: [String; 2] = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai", "two times";
        /// Whether winners are drawn among those who registered, by a seed that follows from that of
        /// the experiment; otherwise who claims first wins.
        draw: Option<bool> = else "true", "", "true | false";
        /// What the merchants sell at whom the money may be spent.
        categories: Option<Vec<String>> = else "any", "", "as in merchant_traits.proto: catering";
        /// Where these merchants are.
        regions: Option<Vec<String>> = else "any", "", "as in region.proto: Shenzhen";
        /// Whose wallets these merchants have.
        operators: Option<Vec<String>> = else "any", "", "codes of the roster";
        /// Whether it is held: of a campaign that is not nothing is done, and payments that spend its
        /// money are not made.
        held: Option<bool> = else "true", "", "true | false";
        /// The least amount of a payment that a voucher pays a part of.
        min_spend: Option<Yuan> = else "0.00", "yuan", "above the face amount, of vouchers alone";
    }
}

table! {
    /// One of `[[contract]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawContract at "contract[]" {
        /// The name by which actions and figures speak of the contracts.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who pays: each wallet of the name has one contract.
        payer: String = else "none", "", "the name of wallets of persons";
        /// Who is paid: of several wallets one after the other has the next contract.
        merchant: String = else "none", "", "the name of wallets of merchants or companies";
        /// The price of all lessons.
        total: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// How many lessons there are.
        lessons: u32 = else "none", "lessons", 1 to 1000;
        /// Who confirms a lesson: the payer, the merchant unless it is disputed in time, or the
        /// merchant by a code of the payer.
        release: Option<String> = else "payer", "", "payer | merchant | code";
        /// How long a lesson may be disputed for which the merchant asks.
        dispute_hours: Option<u32> = else "24", "hours", 1 to 8760;
        /// When the payer may have back what is not released.
        refund: Option<String> = else "any-time", "", "any-time | before-first-lesson";
        /// The last moment of the contracts.
        expires: String = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai", "after they are made";
    }
}

table! {
    /// One of `[[loan]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawLoan at "loan[]" {
        /// The name by which actions and figures speak of the loans.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who lends: of several wallets one after the other has the next loan.
        lender: String = else "none", "", "the name of wallets of companies, authorities or operators";
        /// Who owes: each wallet of the name has one loan.
        borrower: String = else "none", "", "the name of wallets";
        /// Who gets what is lent: of several wallets one after the other.
        payee: Option<String> = else "borrower", "", "the name of wallets";
        /// What is lent.
        principal: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// How it is paid back.
        repayment: Option<String> = else "equal-principal", "", "equal-principal | annuity | flat";
        /// The yearly rate, in hundredths of a percent.
        rate_bp: Option<u32> = else "0", "hundredths of a percent", 0 to 10000;
        /// The interest of the whole loan.
        total_interest: Option<Yuan> = else "0.00", "yuan", "up to principal, of flat alone";
        /// How many instalments there are.
        instalments: u32 = else "none", "instalments", 1 to 360;
        /// The day of the run on which the first one is due.
        first_due: u32 = else "none", "", 1 to 3660;
        /// How many months are between two.
        period_months: Option<u32> = else "1", "months", 1 to 12;
        /// What the instalments are for.
        purpose: Option<String> = else "loan-repayment", "", "loan-repayment | housing-loan-repayment | instalment";
    }
}

table! {
    /// One of `[[payroll]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawPayroll at "payroll[]" {
        /// The name by which actions and figures speak of the payrolls.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who pays: each wallet of the name has one payroll.
        payer: String = else "none", "", "the name of wallets of companies, merchants or authorities";
        /// Who is paid: one after the other is a line of the next payroll.
        payee: String = else "none", "", "the name of wallets of persons";
        /// What each gets, or the least of it.
        amount: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// The most that each gets; amounts are drawn evenly between the two, once for the run.
        amount_max: Option<Yuan> = else "amount", "yuan", "from amount on";
    }
}

table! {
    /// One of `[[wealth]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawWealth at "wealth[]" {
        /// The name by which actions and figures speak of the wealth products.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Who offers: each wallet of the name has one product.
        provider: String = else "none", "", "the name of wallets of companies or operators";
        /// The yearly rate of the yield.
        rate_ppm: Option<u32> = else "0", "parts per million", 0 to 1000000;
        /// The least amount of one subscription.
        subscription_min: Option<Yuan> = else "0.01", "yuan", "0.01 to total_max";
        /// The most that all holders hold together.
        total_max: Option<Yuan> = else "none", "yuan", "0.01 to 10000000000000.00";
        /// How many days after its request a redemption is paid.
        redemption_days: Option<u32> = else "1", "days", 0 to 30;
    }
}

table! {
    /// One of `[[card]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawCard at "card[]" {
        /// The name by which actions and figures speak of the cards.
        name: String = else "none", "", "1 to 24 letters, digits, - and _";
        /// Whose they are: one card of each wallet.
        wallet: String = else "none", "", "the name of wallets";
        /// The most that a card holds.
        float_max: Option<Yuan> = else "500.00", "yuan", "0.01 to 10000000000000.00";
        /// The most of one voucher.
        single_max: Option<Yuan> = else "float_max", "yuan", "0.01 to float_max";
        /// How many vouchers of a card may wait to be uploaded.
        count_max: Option<u32> = else "10", "vouchers", 1 to 1000;
        /// How long after it was signed a voucher is taken.
        age_hours: Option<u32> = else "72", "hours", 1 to 720;
        /// Whom the cards may pay beside their parents.
        payees: Option<String> = else "any", "", "the name of wallets";
        /// Who bears the loss when a card signs two vouchers with one counter.
        loss: Option<String> = else "payee", "", "payee | issuer | holder";
        /// The wallet of the issuer that bears it.
        loss_wallet: Option<String> = else "none", "", "the name of a wallet, of issuer alone";
    }
}

table! {
    /// One of `[[action]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawAction at "action[]" {
        /// What is done: docs/scenarios.md says what each kind means.
        kind: String = else "none", "",
            "publish-bills | cancel-bills | refund | exchange-back | sweep-to-treasury | bind-front-end | register-merchant | create-campaign | register | draw | claim | close-campaign | create-contracts | release-lesson | request-lesson | dispute-lesson | refund-contracts | suspend-merchant | resume-merchant | issue-cards | load-cards | tap | report-lost | reissue-cards | agree-loans | grant-mandates | disburse-loans | repay-loans | revoke-mandates | pay-payroll | define-products | subscribe | redeem-products";
        /// The name by which figures speak of the action.
        name: Option<String> = else "kind", "", "1 to 24 letters, digits, - and _";
        /// When: at the end of the tick that this time lies in. A time alone is of day 1.
        at: String = else "none", "[day] HH:MM[:SS[.mmm]] in Shanghai",
            "within the days of the run, before its last tick";
        /// The cards (issue-cards, load-cards, tap, report-lost, reissue-cards).
        card: Option<String> = else "none", "", "the name of cards";
        /// Who is paid; each tap draws one (tap).
        to: Option<String> = else "none", "", "the name of wallets";
        /// From when on the cards sign, without network; what they sign is uploaded at the time of the
        /// action (tap).
        begin: Option<String> = else "at", "[day] HH:MM[:SS[.mmm]] in Shanghai", "not after at";
        /// Until when they sign (tap).
        end: Option<String> = else "at", "[day] HH:MM[:SS[.mmm]] in Shanghai", "from begin to at";
        /// How often each card signs (tap).
        times: Option<u32> = else "1", "vouchers", 1 to 100;
        /// One in so many of the cards, the last of each so many, that signs its last counter once more
        /// for another payee (tap).
        cheats: Option<u64> = else "none", "", 1 to 1000000;
        /// Who is paid by that (tap).
        cheat_to: Option<String> = else "to", "", "the name of wallets, beside cheats";
        /// The most of each tap; amounts are drawn evenly between the two (tap).
        amount_max: Option<Yuan> = else "amount", "yuan", "from amount on";
        /// The series whose bills or payments it is about (publish-bills, cancel-bills, refund).
        series: Option<String> = else "none", "", "the name of a series";
        /// The wallets that it is about (exchange-back, sweep-to-treasury, bind-front-end,
        /// register-merchant, register, claim, suspend-merchant, resume-merchant, subscribe,
        /// redeem-products).
        wallet: Option<String> = else "none", "", "the name of wallets";
        /// One in so many of the bills, payments, contracts, cards or loans, the last of each so many
        /// (cancel-bills, refund, release-lesson, request-lesson, dispute-lesson, refund-contracts, tap,
        /// report-lost, reissue-cards, repay-loans, revoke-mandates, subscribe, redeem-products).
        every: Option<u64> = else "1", "", 1 to 1000000;
        /// The campaign (create-campaign, register, draw, claim, close-campaign).
        campaign: Option<String> = else "none", "", "the name of a campaign";
        /// The contracts (create-contracts, release-lesson, request-lesson, dispute-lesson,
        /// refund-contracts).
        contract: Option<String> = else "none", "", "the name of contracts";
        /// The loans (agree-loans, grant-mandates, disburse-loans, repay-loans, revoke-mandates).
        loan: Option<String> = else "none", "", "the name of loans";
        /// The payrolls (pay-payroll).
        payroll: Option<String> = else "none", "", "the name of payrolls";
        /// The wealth products (define-products, subscribe, redeem-products).
        wealth: Option<String> = else "none", "", "the name of wealth products";
        /// The lesson (release-lesson, request-lesson, dispute-lesson).
        lesson: Option<u32> = else "none", "", 1 to 1000;
        /// One in so many of the wallets, contracts, cards or loans that does not, the last of each so
        /// many (register, claim, release-lesson, request-lesson, dispute-lesson, refund-contracts, tap,
        /// repay-loans, revoke-mandates).
        except: Option<u64> = else "none", "", 2 to 1000000;
        /// What the merchants sell (register-merchant).
        category: Option<String> = else "none", "", "as in merchant_traits.proto: catering";
        /// How much of each: all that is left without it (refund, exchange-back,
        /// sweep-to-treasury, and principal of repay-loans); or the least of each (load-cards, tap).
        amount: Option<Yuan> = else "all", "yuan", "0.01 to 10000000000000.00";
        /// Until when the bills may be paid (publish-bills).
        due: Option<String> = else "the end of the run", "[day] HH:MM[:SS[.mmm]] in Shanghai",
            "after at";
        /// What a payer gets for a paid bill (publish-bills).
        release: Option<String> = else "empty", "", "at most 120 characters";
        /// The front-end (bind-front-end).
        front_end: Option<String> = else "none", "", "any text";
        /// Where the holders are (bind-front-end), or the merchants, unless they sell everywhere
        /// (register-merchant).
        region: Option<String> = else "none", "", "a region as in region.proto: Shenzhen, Xi'an";
        /// What the front-end knows otherwise than the holders have shown it (bind-front-end).
        mismatch: Option<String> = else "nothing", "", "phone | identity";
    }
}

table! {
    /// One of `[[assert]]`.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in super::super) struct RawAssertion at "assert[]" {
        /// What it claims, as a sentence.
        that: Option<String> = else "the figure and what is expected of it", "", "any text";
        /// A figure of the run, which must be as expected; docs/scenarios.md lists the figures.
        figure: String = else "none", "", "a figure";
        /// What it is.
        equals: Option<Value> = else "none", "", "a number, yuan as text, or another figure";
        /// The least it is.
        at_least: Option<Value> = else "none", "", "as of equals";
        /// The most it is.
        at_most: Option<Value> = else "none", "", "as of equals";
    }
}
